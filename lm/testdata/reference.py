#!/usr/bin/python3
"""Loss and gradients of the Llama shape by PyTorch, in float64: goldens for ../reference_test.go.

    /usr/bin/python3 reference.py        (torch 1.13, Debian's python3-torch)

writes tied.bin and untied.bin: the summed loss as one little-endian float64,
then every gradient as float32, tensors in the order of Spec.Tensors. Weights
and batch come from the integer formulas below, which the test shares. Nothing
here is taken from the Go code: attention is written with masks and softmax,
RMSNorm and rotary positions as in Hugging Face's LlamaForCausalLM, and the
gradients are autograd's.
"""
import numpy as np
import torch

V, C, L, H, KV, D, F = 61, 24, 2, 4, 2, 6, 40
THETA, EPS = 10000.0, 1e-5
LENGTHS = [7, 1, 12, 5]
IGNORE = -100


def noise(tensor, n):
    """n numbers in [-1/2, 1/2): multiples of 2^-24, so exact in float32."""
    i = np.arange(n, dtype=np.uint64) + np.uint64(1000003 * (tensor + 1))
    x = i * np.uint64(2654435761) % np.uint64(1 << 32)
    x = (x ^ (x >> np.uint64(15))) * np.uint64(2246822519) % np.uint64(1 << 32)
    x = (x ^ (x >> np.uint64(13))) >> np.uint64(8)
    return x.astype(np.float64) / (1 << 24) - 0.5


def shapes(tied):
    yield "embed", (V, C)
    for l in range(L):
        for name, shape in [("n1", (C,)), ("q", (H * D, C)), ("k", (KV * D, C)), ("v", (KV * D, C)), ("o", (C, H * D)),
                            ("n2", (C,)), ("gate", (F, C)), ("up", (F, C)), ("down", (C, F))]:
            yield f"{name}{l}", shape
    yield "norm", (C,)
    if not tied:
        yield "head", (V, C)


def parameters(tied):
    p = {}
    for i, (name, shape) in enumerate(shapes(tied)):
        x = noise(i, int(np.prod(shape))).reshape(shape)
        x = 1 + x if len(shape) == 1 else x  # norm factors in [1/2, 3/2)
        p[name] = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    return p


def rms(x, w):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + EPS) * w


def rope(x):  # heads, T, D
    t = x.shape[1]
    angle = torch.outer(torch.arange(t, dtype=torch.float64), THETA ** (-torch.arange(0, D, 2, dtype=torch.float64) / D))
    angle = torch.cat([angle, angle], -1)
    rotated = torch.cat([-x[..., D // 2:], x[..., :D // 2]], -1)
    return x * angle.cos() + rotated * angle.sin()


def logits(p, tokens, tied):
    t = len(tokens)
    x = p["embed"][tokens]
    mask = torch.full((t, t), float("-inf"), dtype=torch.float64).triu(1)
    for l in range(L):
        n = rms(x, p[f"n1{l}"])
        q = rope((n @ p[f"q{l}"].T).view(t, H, D).transpose(0, 1))
        k = rope((n @ p[f"k{l}"].T).view(t, KV, D).transpose(0, 1)).repeat_interleave(H // KV, 0)
        v = (n @ p[f"v{l}"].T).view(t, KV, D).transpose(0, 1).repeat_interleave(H // KV, 0)
        a = torch.softmax(q @ k.transpose(1, 2) / D ** 0.5 + mask, -1) @ v
        x = x + a.transpose(0, 1).reshape(t, H * D) @ p[f"o{l}"].T
        n = rms(x, p[f"n2{l}"])
        x = x + (torch.nn.functional.silu(n @ p[f"gate{l}"].T) * (n @ p[f"up{l}"].T)) @ p[f"down{l}"].T
    return rms(x, p["norm"]) @ (p["embed"] if tied else p["head"]).T


def main():
    n = sum(LENGTHS)
    tokens = ((noise(100, n) + 0.5) * V).astype(np.int64)
    targets = ((noise(101, n) + 0.5) * V).astype(np.int64)
    targets[noise(102, n) < -0.25] = IGNORE
    for tied in (True, False):
        p = parameters(tied)
        loss, at = 0, 0
        for length in LENGTHS:
            z = logits(p, torch.tensor(tokens[at:at + length]), tied)
            loss = loss + torch.nn.functional.cross_entropy(z, torch.tensor(targets[at:at + length]), ignore_index=IGNORE, reduction="sum")
            at += length
        loss.backward()
        with open("tied.bin" if tied else "untied.bin", "wb") as f:
            f.write(np.array(loss.item(), dtype="<f8").tobytes())
            for name, _ in shapes(tied):
                f.write(p[name].grad.numpy().astype("<f4").tobytes())
        print("tied" if tied else "untied", "loss", repr(loss.item()), "rows", int((targets != IGNORE).sum()))


if __name__ == "__main__":
    main()
