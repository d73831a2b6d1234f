"""Checks of arguments.py: python check_arguments.py FOLDER..."""
import sys

sys.path[:0] = sys.argv[1:]
import arguments
from channel import Refusal


class Log(list):
    def log(self, text):
        self.append(text)


def refused(want, do):
    try:
        do()
    except Refusal as error:
        assert want in str(error), error
    else:
        raise AssertionError(f"not refused: {want}")


assert arguments.for_pytorch({"world_size": 2, "dtype": "bfloat16"}) == {"tensor_parallel_size": 2, "dtype": "bfloat16"}
refused("world_size is 2 and tensor_parallel_size 4", lambda: arguments.for_pytorch({"world_size": 2, "tensor_parallel_size": 4}))
refused("pytorch of TensorRT-LLM 1.2 has no setting max_batchsize; did you mean max_batch_size?",
        lambda: arguments.check_settings("pytorch", "1.2", {"max_batchsize": 1}, {"max_batch_size", "dtype"}))
refused("the deployment names it", lambda: arguments.check_settings("pytorch", "1.2", {"model": "x"}, {"model"}))
known, log = {"fuse_fp8_linear", "compile_model"}, Log()
given = {"world_size": 1, "transforms": {"fuse_fp8_linear": {"enabled": False}, "fuse_fp4_gemms": {"enabled": False}}}
assert arguments.check_transforms(given, known, log) == {"world_size": 1, "transforms": {"fuse_fp8_linear": {"enabled": False}}}
assert given["transforms"]["fuse_fp4_gemms"] == {"enabled": False}, "the deployment is left alone"
assert log == ["the installed AutoDeploy does not have, and so does not run: fuse_fp4_gemms"]
refused("transforms.fuse_fp8_linaer: the installed AutoDeploy has no such transform; did you mean fuse_fp8_linear?",
        lambda: arguments.check_transforms({"transforms": {"fuse_fp8_linaer": {"enabled": True}}}, known, log))
refused("transforms.fuse_fp8_linaer: the installed AutoDeploy has no such transform; did you mean fuse_fp8_linear?",
        lambda: arguments.check_transforms({"transforms": {"fuse_fp8_linaer": {"enabled": False}}}, known, log))
for name in ("fuse_nvfp4_linear", "compile_the_model_and_more"):
    assert arguments.check_transforms({"transforms": {name: {"enabled": False}}}, known, Log()) == {"transforms": {}}, "of another version"
assert arguments.check_transforms(given, None, log) is given, "without a default.yaml names are not checked"
assert arguments.flatten({"a": {"b": 1, "c": {}}, "d": [2]}) == {"a.b": 1, "a.c": {}, "d": [2]}
switches = {"transforms": {"fuse_gemms": {"enabled": True}, "build_model": {"enabled": False}, "compile_model": {"backend": "torch-simple"}, "of_another": {"enabled": False}}}
assert arguments.given_switches(switches, {"fuse_gemms": {"enabled": False}, "build_model": None, "compile_model": {}}) == {
    "defaults.transforms.fuse_gemms.enabled": "False", "defaults.transforms.build_model.enabled": "True"}
assert arguments.given_switches(switches, None) == {}
