"""Settings as TensorRT-LLM's LLM API takes them. Nothing here needs it installed."""
import difflib

from channel import Refusal


def for_pytorch(given):
    """The PyTorch backend calls the number of ranks tensor_parallel_size."""
    out = dict(given)
    if "world_size" in out:
        ranks = out.pop("world_size")
        if out.setdefault("tensor_parallel_size", ranks) != ranks:
            raise Refusal(f"world_size is {ranks} and tensor_parallel_size {out['tensor_parallel_size']}: set one of them")
    return out


def check_settings(backend, version, given, known):
    """Refuses names that the installed version does not have."""
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise Refusal(f"{backend} of TensorRT-LLM {version} has no setting {name}{hint}")
        if name in ("model", "tokenizer", "backend"):
            raise Refusal(f"{name} cannot be set here: the deployment names it")


def check_transforms(given, known, channel):
    """Refuses transforms that the installed version does not have. One that is
    not there is off, so that switching it off is no mistake, and has no effect."""
    transforms = given.get("transforms")
    if not transforms or known is None:
        return given
    kept, gone = {}, []
    for name, settings in transforms.items():
        if name in known:
            kept[name] = settings
        elif settings == {"enabled": False}:
            gone.append(name)
        else:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise Refusal(f"transforms.{name}: the installed AutoDeploy has no such transform{hint}")
    if gone:
        channel.log(f"the installed AutoDeploy does not have, and so does not run: {', '.join(sorted(gone))}")
    return {**given, "transforms": kept}


def flatten(nested, prefix=""):
    """Joins nested keys with dots."""
    out = {}
    for name, value in nested.items():
        if isinstance(value, dict) and value:
            out.update(flatten(value, f"{prefix}{name}."))
        else:
            out[prefix + str(name)] = value
    return out
