"""What the scripts that run PyTorch have in common."""

import torch

import peer


def start(threads):
    torch.set_num_threads(threads)
    config = torch.__config__.parallel_info() + torch.__config__.show()
    onednn = next((line.split("v", 1)[1].split()[0] for line in config.splitlines() if "MKL-DNN v" in line), "none")
    return {"torch": f"{torch.__version__} ({torch.backends.cpu.get_cpu_capability()}, oneDNN {onednn})"}


def numbers(stream, sd, *shape):
    n = 1
    for s in shape:
        n *= s
    return torch.from_numpy(peer.numbers(stream, n, sd)).view(*shape)


def indices(stream, n, v):
    return torch.from_numpy(peer.indices(stream, n, v))


def absolute(x):
    """The sum of absolute values, in float64."""
    return sum(part.abs().sum(dtype=torch.float64) for part in x.detach().flatten().split(1 << 24))
