"""Writes the demo task in MMLU's folder layout: generate.py FOLDER makes dev/SUBJECT_dev.csv (5 rows) and test/SUBJECT_test.csv (100 rows)."""
import csv, os, random, sys
import questions

SEED = 20261123  # training uses seeds from 1000 up, one a batch, so no document of its own is drawn here


def rows(subject, count, r, seen):
    out = []
    while len(out) < count:
        row = questions.row(subject, r)
        if tuple(row) not in seen:
            seen.add(tuple(row))
            out.append(row)
    return out


def main(folder):
    for subject in questions.SUBJECTS:
        r, seen = random.Random(f"{SEED} {subject}"), set()
        for split, count in (("dev", 5), ("test", 100)):
            os.makedirs(os.path.join(folder, split), exist_ok=True)
            with open(os.path.join(folder, split, f"{subject}_{split}.csv"), "w", newline="") as f:
                csv.writer(f, lineterminator="\n").writerows(rows(subject, count, r, seen))


main(sys.argv[1])
