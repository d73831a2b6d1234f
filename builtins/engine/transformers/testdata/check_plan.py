"""Properties of plan.py on random prompts: python check_plan.py FOLDER-OF-PLAN"""
import random
import sys

sys.path.insert(0, sys.argv[1])
import plan

random.seed(0)
for _ in range(300):
    begins = [[random.randrange(9) for _ in range(random.choice((0, 5, 40, 90)))] for _ in range(4)]
    tokens = [random.choice(begins) + [random.randrange(9) for _ in range(random.randrange(1, 30))] for _ in range(random.randrange(1, 40))]
    order = list(range(len(tokens)))
    random.shuffle(order)
    groups = plan.groups(order, tokens)
    assert sorted(i for _, members in groups for i in members) == sorted(order), "every request once"
    for shared, members in groups:
        assert all(tokens[i][:shared] == tokens[members[0]][:shared] for i in members), "the beginning is common"
        assert all(len(tokens[i]) > shared for i in members), "a token is left to compute"
        assert shared == 0 or (shared >= plan.LEAST_PREFIX and len(members) > 1), "short beginnings are not shared"
    length = lambda i: len(tokens[i])
    cut = plan.batches(order, length, 5, 100)
    assert sorted(i for batch in cut for i in batch) == sorted(order)
    for batch in cut:
        longest = max(map(length, batch))
        assert len(batch) <= 5 and (len(batch) == 1 or len(batch) * longest <= 100), batch
        assert length(batch[0]) == longest
    assert [length(b[0]) for b in cut] == sorted((length(b[0]) for b in cut), reverse=True), "longest first"

assert plan.common([1, 2, 3], [1, 2, 4], 9) == 2 and plan.common([], [1], 9) == 0 and plan.common([1, 2], [1, 2, 3], 9) == 2
assert plan.common([1, 2, 3], [1, 2, 3], 1) == 1 and plan.common([1, 2, 3], [1, 4, 3], 2) == 1
question = list(range(100)) + [7] * 60
assert plan.groups([0, 1, 2], [question + [1], question + [2, 3], question]) == [(159, [2, 0, 1])]
