"""Checks parts of channel.py that need no other side: python check_channel.py FOLDER"""
import array
import gc
import sys

sys.path.insert(0, sys.argv[1])
import channel

frozen = gc.get_freeze_count()
with channel.importing():
    assert not gc.isenabled(), "imports are not looked through"
    imported = [[] for _ in range(1000)]
assert gc.isenabled() and gc.get_freeze_count() >= frozen + len(imported), "what was imported never is"
try:
    with channel.importing():
        raise ImportError
except ImportError:
    assert gc.isenabled(), "also after an import that failed"

payload = array.array(channel.INT32, [7, 300, 128000, 7, 300, 5])
if sys.byteorder == "big":
    payload.byteswap()
long, short, empty, last = channel.cut(payload.tobytes(), [3, 2, 0, 1])
assert (list(long), list(short), list(empty), list(last)) == ([7, 300, 128000], [7, 300], [], [5])
assert sorted([short, long, empty, last]) == [empty, last, short, long], "they are in order as lists are"
assert long[:2] == short and long.itemsize == 4
