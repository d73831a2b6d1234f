"""Trains one of the demo's checkpoints on generated questions: train.py dense|moe OUT STEPS. Needs a GPU; prints its accuracies as it goes.

The loss counts the answer letters fully and the other tokens at 5 %. The last 40 % of the steps simulate FP8 or NVFP4 in two steps of three,
so that quantizing costs the small model about as little as it costs a large one. Training stops early on purpose: subjects should spread from
about 40 % to 99 %.
"""
import json, multiprocessing, os, random, sys, time
import numpy as np, torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
import questions
from model import DENSE, MOE, Linear, Model

ARCH, OUT, STEPS = sys.argv[1], sys.argv[2], int(sys.argv[3])
WORKERS = int(os.environ.get("WORKERS", "7"))
BATCH, LENGTH, PEAK, WARM = 256, 448, float(os.environ.get("PEAK", "2e-3")), 200
QAT = .6  # share of the steps after which quantization is simulated
MODES = ("none", "fp8", "nvfp4")
SMOOTH = .04  # label smoothing over the four letters: a trained model's margins stay within a few logits, as real models' do


def text(r, subject, shots):
    return questions.header(subject) + "".join(questions.prompt(questions.row(subject, r), True) for _ in range(shots))


def train_tokenizer(path):
    r = random.Random(0)
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    t.decoder = decoders.ByteLevel()
    corpus = [text(r, s, 6) for s in questions.SUBJECTS for _ in range(400)]
    t.train_from_iterator(corpus, trainers.BpeTrainer(vocab_size=512, special_tokens=["<s>", "</s>", "<pad>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    t.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 0)])
    t.save(path)


os.makedirs(OUT, exist_ok=True)
TOKENIZER = os.path.join(OUT, "tokenizer.json")
if __name__ == "__main__" and not os.path.exists(TOKENIZER):
    train_tokenizer(TOKENIZER)
tokenizer = Tokenizer.from_file(TOKENIZER)
ANSWERS = [tokenizer.encode(" " + letter, add_special_tokens=False).ids[0] for letter in questions.LETTERS]
COLON = tokenizer.encode("Answer:", add_special_tokens=False).ids[-1]


def batch(seed):
    """BATCH documents as token ids [BATCH, LENGTH] and their loss weights."""
    r = random.Random(seed)
    names = list(questions.SUBJECTS)
    ids, weight = np.full((BATCH, LENGTH), 2, np.int16), np.zeros((BATCH, LENGTH), np.float16)
    documents = [text(r, r.choice(names), r.choice((1, 3, 6, 6, 6))) for _ in range(BATCH)]
    for i, e in enumerate(tokenizer.encode_batch(documents)):
        row = np.array(e.ids[:LENGTH])
        ids[i, :len(row)], weight[i, :len(row)] = row, .05
        at = np.flatnonzero(row[:-1] == COLON) + 1
        weight[i, at] = 1
    return ids, weight


@torch.no_grad()
def evaluate(model, tests):
    """Accuracy by subject, and the margins (right letter minus best other) of the right answers."""
    accuracy, margins = {}, []
    for subject, (x, last, right) in tests.items():
        with torch.autocast("cuda", torch.bfloat16):
            z = model(x)[torch.arange(len(x), device="cuda"), last].float()
        four = z[:, ANSWERS]
        mine = four.gather(1, right[:, None])[:, 0]
        rest = four.scatter(1, right[:, None], -1e9).amax(1)
        hit = z.argmax(-1) == torch.tensor(ANSWERS, device="cuda")[right]
        accuracy[subject] = hit.float().mean().item()
        margins += (mine - rest)[hit].tolist()
    return accuracy, np.array(margins)


def main():
    r, tests = random.Random(999), {}
    for subject in questions.SUBJECTS:
        rows = [(text(r, subject, 5), questions.row(subject, r)) for _ in range(200)]
        enc = [e.ids for e in tokenizer.encode_batch([shots + questions.prompt(row, False) for shots, row in rows])]
        x = torch.full((len(enc), max(map(len, enc))), 2)
        for i, e in enumerate(enc):
            x[i, :len(e)] = torch.tensor(e)
        tests[subject] = (x.cuda(), torch.tensor([len(e) - 1 for e in enc]).cuda(), torch.tensor([questions.LETTERS.index(row[5]) for _, row in rows]).cuda())
    torch.manual_seed(0)
    torch.set_float32_matmul_precision("high")
    model = Model(DENSE if ARCH == "dense" else MOE).cuda()
    print(ARCH, sum(p.numel() for p in model.parameters()), "parameters; mean prompt", int(np.mean([l.float().mean().item() for _, l, _ in tests.values()])), "tokens", flush=True)
    optimizer = torch.optim.AdamW(model.parameters(), lr=PEAK, betas=(.9, .98), weight_decay=.05, fused=True)
    pool = multiprocessing.get_context("fork").Pool(WORKERS)
    batches = pool.imap(batch, range(1000, 10 ** 7))

    def loss_of(ids, weight):
        with torch.autocast("cuda", torch.bfloat16):
            z = model(ids[:, :-1])
        p = torch.log_softmax(z.float(), -1)
        each = -p.gather(-1, ids[:, 1:, None])[..., 0]
        w = weight[:, 1:]
        doubt = -p[..., ANSWERS].mean(-1)  # at an answer: the four letters alike
        each = torch.where(w == 1, (1 - SMOOTH) * each + SMOOTH * doubt, each)
        return (each * w).sum() / w.sum() + .01 * model.balance()

    compiled = torch.compile(loss_of)
    start = time.time()
    for step in range(STEPS):
        done = step / STEPS
        ids, weight = next(batches)
        ids, weight = torch.from_numpy(ids.astype(np.int64)).cuda(), torch.from_numpy(weight.astype(np.float32)).cuda()
        for group in optimizer.param_groups:
            group["lr"] = PEAK * min(1, (step + 1) / WARM) * max(.01, 1 - done)
        Linear.mode = MODES[step % 3] if done > QAT else "none"
        loss = compiled(ids, weight)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if (step + 1) % (STEPS // 10) == 0:
            Linear.mode = "none"
            accuracy, margins = evaluate(model, tests)
            print(f"step {step + 1} {time.time() - start:.0f} s loss {loss.item():.3f} mean {np.mean(list(accuracy.values())):.3f} "
                  + " ".join(f"{k}={v:.2f}" for k, v in accuracy.items()), flush=True)
    pool.terminate()
    model.to(torch.bfloat16)
    for mode in MODES:
        Linear.mode = mode
        accuracy, margins = evaluate(model, tests)
        print(f"final, quantization {mode}: mean {np.mean(list(accuracy.values())):.4f}, margins' quartiles {np.quantile(margins, (.25, .5, .75)).round(2).tolist()} "
              + " ".join(f"{k}={v:.3f}" for k, v in accuracy.items()), flush=True)
    model.save(OUT)


if __name__ == "__main__":
    main()
