"""Trains small tokenizers with Hugging Face's `tokenizers` and records its ids.

Writes one tokenizer.json a kind into this directory, and cases.json: the texts
and, for each tokenizer, the ids with special tokens (of the first texts also
without) and the text decoded from them. Made with tokenizers 0.23.3.

    python make_fixtures.py
"""
import json
import pathlib
import random

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

HERE = pathlib.Path(__file__).parent

LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")

CORPUS = [
    "The following are multiple choice questions (with answers) about abstract algebra.",
    "Find the degree for the given field extension Q(sqrt(2), sqrt(3), sqrt(18)) over Q.",
    "A. 0\nB. 4\nC. 2\nD. 6\nAnswer: B\n\n",
    "It's what they've said: we're here, I'm late, she'll come, he'd go, don't.",
    "In 1969, 12345 people spent $1,234.56 on 3.14159 pies; 2^10 = 1024.",
    "Die Größe überprüfen, außerdem Äpfel und Öl. Déjà vu, naïve façade, señor.",
    "Быстрая коричневая лиса прыгает через ленивую собаку. Ещё раз.",
    "東京は日本の首都です。机器学习模型的准确率下降了。한국어 문장입니다.",
    "مرحبا بالعالم. שלום עולם. नमस्ते दुनिया. สวัสดีชาวโลก",
    "emoji 😀 👩‍👩‍👧‍👦 🇫🇷 ❤️ ✓ → ∑ ≤ ½ ² Ⅷ ٣٤",
    "def f(x):\n    return [i ** 2 for i in range(x)]\n\n\tif x:\r\n\t\tpass\r\n",
    "    indented   text   with    runs of spaces     ",
]

TEXTS = CORPUS + [
    "",
    " ",
    "   ",
    "\n",
    "\n\n\n",
    " \n \n ",
    "a\n \nb",
    "\t\t x",
    "a  b   c    d",
    "trailing space ",
    "trailing newline\n",
    "\r\n\r\nmixed\r breaks\n\r",
    "'S 'T 'RE 'Ve 'M 'LL 'D 's't're've'm'll'd",
    "it'\u017f long s",
    "'\u017f '\u017ft 'r\u00e9 '",
    "0 12 345 6789 0123456789",
    "1a2b3c 4d5",
    "x\u00b2 \u2167 \u0663\u0664 \u00bd \u4e09",
    "e\u0301 \u00e9 A\u030a \u00c5 \u212b \ud55c \u1112\u1161\u11ab",
    "\u00a0nbsp\u00a0\u00a0two \u2003em \u3000ideographic\u3000",
    "line\u2028sep\u2029par\u0085nel\u000bvt\u000cff",
    "zero\u200bwidth \u200d joiner \ufeff bom",
    "!!!??? ... --- ;;; (((  )))",
    "a.b,c;d:e'f\"g",
    "<s>",
    "<s>text</s>",
    " <s> text </s> ",
    "<s><s></s><unk>",
    "text<|mask|>  more <|mask|>\n\n<|mask|>",
    "left   <|left|>   right",
    "word and keyword, word! aword worda \u00e9word word",
    "Hello \u2581 world\u2581\u2581x \u2581",
    "<0x41> <0x0A> <0xZZ>",
    "\x00 \x01\x7f\x1b[0m",
    "\U0001d518\U0001d52b \U00020000 \U0010fffd \ue000",
    "supercalifragilisticexpialidocious" * 4,
    "ab" * 100 + " " * 60 + "1" * 80,
    "\u0915\u094d\u0937 \u0e01\u0e33 \u0ba8\u0bbf",
    "don't DON'T Don\u2019t",
]


def random_texts(count):
    """Texts of characters that the patterns tell apart, to hit their seams."""
    rng = random.Random(0)
    alphabet = " \n\r\tab'sSrRe019.,-!\u00e9\u0301\u4e2d\u00bd\u00a0\u0663\u2581\U0001f600" + "   \n"
    return ["".join(rng.choice(alphabet) for _ in range(rng.randrange(1, 40))) for _ in range(count)]


TEXTS += random_texts(150)

ADDED = [
    AddedToken("<|mask|>", special=True, normalized=False, lstrip=False, rstrip=True),
    AddedToken("<|left|>", special=True, normalized=False, lstrip=True, rstrip=False),
    AddedToken("word", special=False, normalized=True, single_word=True),
]


def byte_level(pre, size=560, post=None, normalizer=None, alphabet=True, **options):
    tok = Tokenizer(models.BPE(**options))
    tok.normalizer = normalizer
    tok.pre_tokenizer = pre
    tok.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=["<s>", "</s>", "<unk>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet() if alphabet else [],
        show_progress=False,
    )
    tok.train_from_iterator(CORPUS, trainer)
    tok.add_tokens(ADDED)
    if post == "template":
        tok.post_processor = processors.Sequence([
            processors.ByteLevel(trim_offsets=False),
            processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s> $B:1", special_tokens=[("<s>", 0)]),
        ])
    elif post == "bytelevel":
        tok.post_processor = processors.ByteLevel(trim_offsets=False)
    return tok


def split(regex):
    return pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(regex), behavior="isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])


def sentencepiece(pre, size=460, fallback=True, fuse=True, normalizer=None, decoder=None):
    tok = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=fuse, byte_fallback=fallback))
    tok.normalizer = normalizer
    # Train on words, as SentencePiece does; encode without pre-tokenization.
    tok.pre_tokenizer = pre or pre_tokenizers.Metaspace(prepend_scheme="never")
    bytes_ = [f"<0x{b:02X}>" for b in range(256)] if fallback else []
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=["<unk>", "<s>", "</s>"] + bytes_,
        limit_alphabet=70,
        show_progress=False,
    )
    tok.train_from_iterator(CORPUS[:5], trainer)
    tok.pre_tokenizer = pre
    text = json.loads(tok.to_str())
    text["added_tokens"] = [t for t in text["added_tokens"] if not t["content"].startswith("<0x")]
    tok = Tokenizer.from_str(json.dumps(text))
    tok.add_tokens(ADDED)
    tok.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> $B </s>", special_tokens=[("<s>", 1), ("</s>", 2)])
    tok.decoder = decoder
    return tok


llama2_normalizer = normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")])
llama2_decoder = decoders.Sequence([
    decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(content=" ", left=1, right=0)])

TOKENIZERS = {
    "gpt2": byte_level(pre_tokenizers.ByteLevel(add_prefix_space=False), post="bytelevel"),
    "gpt2-prefix": byte_level(pre_tokenizers.ByteLevel(add_prefix_space=True)),
    "llama3": byte_level(split(LLAMA3), post="template", ignore_merges=True),
    "qwen2": byte_level(split(QWEN2), normalizer=normalizers.NFC(), post="bytelevel"),
    "digits": byte_level(pre_tokenizers.Sequence([
        pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])),
    "numbers-partial-alphabet": byte_level(pre_tokenizers.Sequence([
        pre_tokenizers.Digits(individual_digits=False), pre_tokenizers.ByteLevel(add_prefix_space=False)]),
        size=300, alphabet=False),
    "llama2": sentencepiece(None, normalizer=llama2_normalizer, decoder=llama2_decoder),
    "metaspace-first": sentencepiece(
        pre_tokenizers.Metaspace(prepend_scheme="first", split=False), decoder=decoders.Metaspace(prepend_scheme="first", split=False)),
    "metaspace-always": sentencepiece(
        pre_tokenizers.Metaspace(prepend_scheme="always", split=True), decoder=decoders.Metaspace(prepend_scheme="always", split=True)),
    "unknown-fused": sentencepiece(None, size=200, fallback=False, fuse=True, normalizer=llama2_normalizer, decoder=llama2_decoder),
    "unknown-apart": sentencepiece(None, size=200, fallback=False, fuse=False, normalizer=llama2_normalizer),
}

cases = {"texts": TEXTS, "tokenizers": {}}
for name, tok in TOKENIZERS.items():
    path = HERE / f"{name}.json"
    path.write_text(json.dumps(json.loads(tok.to_str()), ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
    tok = Tokenizer.from_file(str(path))
    plain = [tok.encode(t, add_special_tokens=False).ids for t in TEXTS[:20]]
    framed = [tok.encode(t, add_special_tokens=True).ids for t in TEXTS]
    # Cut one id off, so that broken characters are decoded as well.
    cut = [ids[1:] for ids in framed]
    cases["tokenizers"][name] = {
        "vocab": tok.get_vocab_size(),
        "plain": plain,
        "framed": framed,
        "decoded": [tok.decode(ids, skip_special_tokens=False) for ids in cut],
        "skipped": [tok.decode(ids, skip_special_tokens=True) for ids in cut],
    }
(HERE / "cases.json").write_text(json.dumps(cases, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
