"""A tokenizer of SentencePiece (BPE, byte fallback) in a GGUF file, and what SentencePiece makes of texts.

    .venv-neighbours/bin/python builtins/gguf/testdata/make_sentencepiece.py

needs the packages sentencepiece 0.2 and gguf 0.19, and writes sentencepiece.gguf
and sentencepiece.json beside itself. It trains on this repository's README.md
and LICENSE and on the sentences below; the vocabulary is that of Llama 2 in
small: <unk>, <s>, </s>, 256 bytes, merges by score, a space in front of the text.
The model is one layer of zeros: it is there for its tokenizer.
"""

import io
import json
from pathlib import Path

import gguf
import numpy as np
import sentencepiece

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
MORE = ["Die Straße führt über die Brücke nach Köln.", "El niño comió piña mañana por la mañana.", "Привет, как дела? Хорошо, спасибо.",
        "東京は日本の首都です。東京に行きます。", "for (int i = 0; i < n; i++) { sum += a[i]; }", "    indented by four\n\tand by a tab"]
TEXTS = ["Hello world", " Hello world", "  two  spaces ", "", " ", "a", "\n\nlines\n", "\ttab", "naïve café — “quoted”", "東京タワー 🗼", "0123456789 1,000.5",
         "the theatre of the theorem, though thorough", "don't can't won't", "x" * 60, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
         "THE SOFTWARE IS PROVIDED AS IS", "\u2581marked\u2581", "\u00a0nbsp", "e\u0301 and \u00e9", "\x00\x01", "\U0001f468\u200d\U0001f469\u200d\U0001f467", *MORE]


def main():
    sentences = [line for name in ["README.md", "LICENSE"] for line in (ROOT / name).read_text().splitlines() if line.strip()] + MORE * 20
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(sentences), model_writer=model, model_type="bpe", vocab_size=900, byte_fallback=True, character_coverage=0.999,
        normalization_rule_name="identity", remove_extra_whitespaces=False, add_dummy_prefix=True, allow_whitespace_only_pieces=True,
        split_digits=True, num_threads=1, minloglevel=2)
    sp = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    n = sp.get_piece_size()
    kinds = [2 if sp.is_unknown(i) else 3 if sp.is_control(i) else 6 if sp.is_byte(i) else 5 if sp.is_unused(i) else 1 for i in range(n)]

    w = gguf.GGUFWriter(HERE / "sentencepiece.gguf", "llama")
    w.add_block_count(1)
    w.add_embedding_length(32)
    w.add_feed_forward_length(32)
    w.add_head_count(1)
    w.add_context_length(64)
    w.add_layer_norm_rms_eps(1e-5)
    w.add_tokenizer_model("llama")
    w.add_tokenizer_pre("default")
    w.add_token_list([sp.id_to_piece(i) for i in range(n)])
    w.add_token_scores([sp.get_score(i) for i in range(n)])
    w.add_token_types(kinds)
    w.add_bos_token_id(sp.bos_id())
    w.add_eos_token_id(sp.eos_id())
    w.add_unk_token_id(sp.unk_id())
    w.add_tensor("token_embd.weight", np.zeros((n, 32), np.float16))
    w.add_tensor("output_norm.weight", np.zeros(32, np.float32))
    for name in ["attn_norm", "ffn_norm"]:
        w.add_tensor(f"blk.0.{name}.weight", np.zeros(32, np.float32))
    for name in ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"]:
        w.add_tensor(f"blk.0.{name}.weight", np.zeros((32, 32), np.float16))
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
    cases = [{"text": text, "ids": sp.encode(text), "decoded": sp.decode(sp.encode(text))} for text in TEXTS]
    (HERE / "sentencepiece.json").write_text(json.dumps(cases, ensure_ascii=True, indent=1) + "\n")
    print(n, "pieces,", len(cases), "texts,", sum(len(c["ids"]) for c in cases), "ids")


if __name__ == "__main__":
    main()
