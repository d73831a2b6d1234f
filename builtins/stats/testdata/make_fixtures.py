"""Write reference.json: what scipy and statsmodels say, for the tests of package stats.

    python make_fixtures.py        (scipy 1.17, statsmodels 0.15, numpy 2.4)

Where neither library has the method, it is computed here in another way than
in the package: by numerical optimisation or by plain enumeration.
"""

import json
import math
import pathlib

import numpy as np
import scipy.optimize as opt
import scipy.stats as st
import statsmodels.api as sm
from scipy.special import betaln, gammaln, xlogy
from statsmodels.stats.contingency_tables import StratifiedTable, mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

TABLES = [
    (85, 12, 3, 0), (94, 6, 0, 0), (36, 12, 2, 0), (50, 0, 0, 50), (0, 1, 0, 0), (0, 0, 1, 0),
    (1, 0, 0, 0), (10, 5, 5, 10), (2, 20, 0, 3), (700, 180, 120, 104), (9000, 700, 300, 4042),
    (0, 40, 0, 0), (0, 0, 0, 7), (3, 1, 2, 1),
]
Z = st.norm.ppf(0.975)


def log_likelihood(table, gain, loss):
    a, b, c, d = table
    return xlogy(b, loss) + xlogy(c, gain) + xlogy(a + d, max(0.0, 1 - gain - loss))


def profile(table, change):
    """Most likely (gain, loss) with gain - loss = change, by golden-section search."""
    low, high = max(0.0, -change), (1 - change) / 2
    if high <= low:
        return low + change, low
    res = opt.minimize_scalar(lambda l: -log_likelihood(table, l + change, l), bounds=(low, high),
                              method="bounded", options={"xatol": 1e-14})
    best = min([low, high, res.x], key=lambda l: -log_likelihood(table, l + change, l))
    return best + change, best


def root(f, low, high):
    """The sign change of f between low and high, or the border without one."""
    fl, fh = f(low), f(high)
    if fl * fh > 0:
        return low if abs(fl) < abs(fh) else high
    return opt.brentq(f, low, high, xtol=1e-13)


def tango(table):
    a, b, c, d = table
    n, change = sum(table), (c - b) / sum(table)
    eps = 1e-9

    def score(x):
        gain, loss = profile(table, x)
        return (c - b - n * x) / math.sqrt(max(1e-300, n * (gain + loss - x * x)))

    low = root(lambda x: score(x) - Z, -1 + eps, change - eps) if change > -1 + 2 * eps else -1
    high = root(lambda x: score(x) + Z, change + eps, 1 - eps) if change < 1 - 2 * eps else 1
    return low, high


def scores(counts):
    """tango of changes of -1, -1/2, 0, 1/2 and 1: the distribution by sequential quadratic programming."""
    x = np.array([-1, -.5, 0, .5, 1])
    k = np.array(counts, float)
    n, mean = k.sum(), (k * x).sum() / k.sum()

    def score(change):
        start = np.full(5, .02)
        start[0] += .9 * (1 - change) / 2
        start[4] += .9 * (1 + change) / 2
        fit = opt.minimize(lambda p: -xlogy(k, np.maximum(p, 1e-300)).sum() / n, start, method="SLSQP", bounds=[(0, 1)] * 5,
                           jac=lambda p: -k / np.maximum(p, 1e-300) / n, options={"ftol": 1e-15, "maxiter": 1000},
                           constraints={"type": "eq", "fun": lambda p: [p.sum() - 1, p @ x - change], "jac": lambda p: [np.ones(5), x]})
        return (mean - change) * math.sqrt(n / (fit.x @ (x - change) ** 2))

    return {"counts": counts, "ci": [opt.brentq(lambda c: score(c) - Z, -.9, mean - 1e-3, xtol=1e-10),
                                     opt.brentq(lambda c: score(c) + Z, mean + 1e-3, .9, xtol=1e-10)]}


def newcombe(table):
    a, b, c, d = table
    n = sum(table)
    tl, tu = proportion_confint(a + c, n, method="wilson")
    bl, bu = proportion_confint(a + b, n, method="wilson")
    test, base = (a + c) / n, (a + b) / n
    margins = (a + b) * (c + d) * (a + c) * (b + d)
    cross = a * d - b * c
    phi = 0.0 if margins == 0 else (max(cross - n / 2, 0) if cross > 0 else cross) / math.sqrt(margins)
    low = math.sqrt((test - tl) ** 2 - 2 * phi * (test - tl) * (bu - base) + (bu - base) ** 2)
    high = math.sqrt((tu - test) ** 2 - 2 * phi * (tu - test) * (base - bl) + (base - bl) ** 2)
    return test - base - low, test - base + high


def sequence(table):
    a, b, c, d = table
    n, change = sum(table), (c - b) / sum(table)
    floor = math.log(2) + gammaln(b + 1) + gammaln(c + 1) + gammaln(a + d + 1) - gammaln(n + 3) + math.log(0.05)

    def excess(x):
        return log_likelihood(table, *profile(table, x)) - floor

    low = root(excess, -1 + 1e-12, change) if change > -1 else -1
    high = root(excess, change, 1 - 1e-12) if change < 1 else 1
    return low, high


def log_e(b, c):
    upper = st.beta.logsf(0.5, b + 1, c + 1)
    return (b + c + 1) * math.log(2) + betaln(b + 1, c + 1) + upper


def paired():
    rows = []
    for t in TABLES:
        a, b, c, d = t
        n, m = sum(t), b + c
        exact = mcnemar([[a, b], [c, d]], exact=True).pvalue if m else 1.0
        midp = 1.0 if b == c else 2 * st.binom.cdf(min(b, c), m, 0.5) - st.binom.pmf(min(b, c), m, 0.5)
        diff = (c - b) / n
        se = math.sqrt(m - (c - b) ** 2 / n) / n
        rows.append({
            "table": t, "exact": float(exact), "midp": float(midp),
            "loss": float(st.binomtest(b, m, 0.5, alternative="greater").pvalue) if m else 1.0,
            "wald": [max(-1, diff - Z * se), min(1, diff + Z * se)],
            "newcombe": newcombe(t), "tango": tango(t), "sequence": sequence(t), "logE": float(log_e(b, c)),
        })
    return rows


def binomial():
    rows = []
    for n in (1, 2, 7, 20, 100, 1319, 14042, 1_000_000):
        for p in (0.25, 0.5, 0.683, 0.97):
            for k in sorted({0, 1, n // 4, n // 2, int(n * p), min(n, int(n * p) + 3), max(0, int(n * p - 2 * math.sqrt(n))), n}):
                rows.append({"k": k, "n": n, "p": p,
                             "two": float(st.binomtest(k, n, p).pvalue),
                             "lower": float(st.binomtest(k, n, p, alternative="less").pvalue),
                             "logpmf": float(st.binom.logpmf(k, n, p))})
    return rows


def wilson():
    return [{"k": k, "n": n, "level": level, "ci": proportion_confint(k, n, alpha=1 - level, method="wilson")}
            for k, n in ((0, 1), (1, 1), (0, 50), (50, 50), (37, 50), (2799, 4104), (1, 1_000_000))
            for level in (0.9, 0.95, 0.99)]


def power():
    """Every (losses, gains) of the trinomial, rejected where binomtest rejects."""
    rows = []
    for n, noise, loss, alpha in ((10, 0.05, 0.5, 0.05), (50, 0.05, 0.175, 0.05), (50, 0.0, 0.1, 0.05),
                                  (80, 0.1, 0.12, 0.01), (100, 0.05, 0.1, 0.05), (60, 0.05, 0.0, 0.05)):
        pl, pg = noise / 2 + loss, noise / 2
        total = 0.0
        for b in range(n + 1):
            for c in range(n + 1 - b):
                if b + c and st.binom.sf(b - 1, b + c, 0.5) <= alpha:
                    total += st.multinomial.pmf([b, c, n - b - c], n, [pl, pg, 1 - pl - pg])
        rows.append({"n": n, "noise": noise, "loss": loss, "alpha": alpha, "power": float(total)})
    return rows


def stratified():
    subjects = [(60, 9, 4, 27), (80, 6, 6, 8), (30, 40, 2, 28), (95, 0, 0, 5), (50, 8, 5, 37)]
    tables = []
    for a, b, c, d in subjects:
        for count, base, test in ((a, 1, 1), (b, 1, 0), (c, 0, 1), (d, 0, 0)):
            tables += [np.array([[base, 1 - base], [test, 1 - test]], float)] * count
    cmh = StratifiedTable(tables).test_null_odds(correction=False)
    values = [np.repeat([0, -1, 1, 0], s) for s in subjects]
    x = np.concatenate(values)
    between = sum(len(v) * (v.mean() - x.mean()) ** 2 for v in values)
    q = (len(x) - 1) * between / ((x - x.mean()) ** 2).sum()
    return {"subjects": subjects, "cmh": float(cmh.statistic), "cmhP": float(cmh.pvalue),
            "heterogeneity": float(q), "similar": similar()}


def similar():
    """Subjects that differ only by chance: the chi-squared p-value is near the permutation one."""
    subjects = [(60, 20, 15, 27), (80, 16, 16, 8), (50, 25, 14, 30), (70, 18, 17, 5)]
    values = [np.repeat([0, -1, 1, 0], s) for s in subjects]
    x = np.concatenate(values)
    between = sum(len(v) * (v.mean() - x.mean()) ** 2 for v in values)
    q = (len(x) - 1) * between / ((x - x.mean()) ** 2).sum()
    return {"subjects": subjects, "q": float(q), "p": float(st.chi2.sf(q, len(subjects) - 1))}


def clustered(rng):
    """Bell's and McCaffrey's matrices, of the regression on a constant."""
    cluster = rng.integers(0, 9, 200)
    x = rng.normal(size=200) + 0.5 * rng.normal(size=9)[cluster]
    x, cluster = x[cluster > 0], cluster[cluster > 0]
    cluster[40:120] = 1
    n = len(x)
    residual = np.eye(n) - 1 / n  # I - H
    rows = []
    for c in np.unique(cluster):
        at = np.flatnonzero(cluster == c)
        value, vector = np.linalg.eigh(residual[np.ix_(at, at)])
        rows.append(np.ones(len(at)) @ (vector / np.sqrt(value)) @ vector.T @ residual[at] / n)
    rows = np.array(rows)
    gram = rows @ rows.T
    return {"x": x.tolist(), "cluster": [f"subject {c}" for c in cluster], "mean": float(x.mean()),
            "se": float(np.sqrt(((rows @ x) ** 2).sum())), "t": float(st.t.ppf(.975, np.trace(gram) ** 2 / (gram**2).sum()))}


def resampling(rng):
    base = rng.gamma(2, 1, 40).round(3)
    test = (base - 0.2 + rng.exponential(0.4, 40) - rng.normal(0, 0.3, 40)).round(3)
    statistic = lambda b, t: (t - b).mean()
    perm = lambda n: st.permutation_test((base[:n], test[:n]), statistic, permutation_type="samples",
                                         n_resamples=99999, rng=np.random.default_rng(1)).pvalue
    return {"base": base.tolist(), "test": test.tolist(),
            "perm10": float(perm(10)), "perm40": float(perm(40))}


def ranks(rng):
    x = rng.integers(0, 12, 40).astype(float)
    y = x * 0.5 + rng.normal(size=40)
    probabilities = [0, 0.01, 0.25, 0.5, 0.6180339887, 0.75, 0.999, 1]
    return {"x": x.tolist(), "y": y.tolist(), "rankdata": st.rankdata(x).tolist(), "spearman": float(st.spearmanr(x, y).statistic),
            "p": probabilities, "quantiles": np.quantile(y, probabilities).tolist()}


def hochberg(rng):
    p = np.concatenate([rng.uniform(size=40), [1e-9, 1e-4, 0.003, 0.003, 0.01, 1.0, 0.0]])
    return {"p": p.tolist(), "adjusted": multipletests(p, method="fdr_bh")[1].tolist()}


def main():
    rng = np.random.default_rng(20240501)
    out = {"paired": paired(), "scores": [scores(c) for c in ([0, 0, 40, 0, 0], [2, 3, 40, 1, 0], [0, 5, 20, 0, 0], [8, 5, 30, 9, 4])], "binomial": binomial(), "wilson": wilson(), "power": power(), "stratified": stratified(),
           "clustered": clustered(rng), "resampling": resampling(rng), "ranks": ranks(rng), "hochberg": hochberg(rng)}
    text = ",\n".join(f" {json.dumps(k)}: {json.dumps(v)}" for k, v in out.items())
    pathlib.Path(__file__).with_name("reference.json").write_text("{\n" + text + "\n}\n")


if __name__ == "__main__":
    main()
