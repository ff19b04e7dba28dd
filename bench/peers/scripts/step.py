"""A training step in PyTorch: forward, backward, AdamW.

usage: step.py THREADS KIND PRECISION LAYERS HEADS WIDTH HIDDEN CLASSES CONTEXT SEQUENCES WEIGHTS

gpt is what torch does best: LayerNorm, GELU over 4·WIDTH, learnt positions. llama is
xent's own model from the weights in a file: RMSNorm, rotary positions, SwiGLU. Their
matrices have equally many elements where HIDDEN is 8/3·WIDTH.
"""

import sys

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

import peer
import torchpeer

threads, kind, precision = int(sys.argv[1]), sys.argv[2], sys.argv[3]
L, H, C, HIDDEN, V, T, B = (int(a) for a in sys.argv[4:11])
versions = torchpeer.start(threads)
torch.manual_seed(0)
half = precision == "bf16"


def attention(q, k, v):
    """Causal attention, in float32 also beside products of 16 bits."""
    if not half:
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)
    with torch.autocast("cpu", enabled=False):
        return F.scaled_dot_product_attention(q.float(), k.float(), v.float(), is_causal=True)


def heads(x):
    b, t, _ = x.shape
    return x.view(b, t, H, C // H).transpose(1, 2)


def linear(rows, cols):
    return nn.Linear(cols, rows, bias=False)


class Gpt(nn.Module):
    """A block of GPT-2 without biases."""

    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(C, bias=False), nn.LayerNorm(C, bias=False)
        self.qkv, self.proj = linear(3 * C, C), linear(C, C)
        self.up, self.down = linear(4 * C, C), linear(C, 4 * C)

    def forward(self, x):
        q, k, v = (heads(z) for z in self.qkv(self.norm1(x)).split(C, 2))
        x = x + self.proj(attention(q, k, v).transpose(1, 2).reshape(x.shape))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


angles = torch.outer(torch.arange(T, dtype=torch.float64), 10000.0 ** (-torch.arange(0, C // H, 2, dtype=torch.float64) / (C // H)))
cos, sin = (torch.cat((a, a), 1).float() for a in (angles.cos(), angles.sin()))


def rotated(x):
    a, b = x.chunk(2, -1)
    return x * cos + torch.cat((-b, a), -1) * sin


class Llama(nn.Module):
    """A block of Llama."""

    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.RMSNorm(C, eps=1e-5), nn.RMSNorm(C, eps=1e-5)
        self.qkv, self.proj = linear(3 * C, C), linear(C, C)
        self.up, self.down = linear(2 * HIDDEN, C), linear(C, HIDDEN)

    def forward(self, x):
        q, k, v = (heads(z) for z in self.qkv(self.norm1(x)).split(C, 2))
        y = attention(rotated(q), rotated(k), v)
        x = x + self.proj(y.transpose(1, 2).reshape(x.shape))
        gate, up = self.up(self.norm2(x)).split(HIDDEN, 2)
        return x + self.down(F.silu(gate) * up)


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(V, C)
        self.positions = nn.Embedding(T, C) if kind == "gpt" else None
        self.blocks = nn.ModuleList((Gpt if kind == "gpt" else Llama)() for _ in range(L))
        self.norm = nn.LayerNorm(C, bias=False) if kind == "gpt" else nn.RMSNorm(C, eps=1e-5)
        self.head = linear(V, C)
        self.table.weight = self.head.weight
        for p in self.parameters():
            if p.dim() > 1:
                nn.init.normal_(p, std=0.02)

    def forward(self, tokens, y):
        x = self.table(tokens)
        if self.positions:
            x = x + self.positions(torch.arange(T))
        for block in self.blocks:
            x = block(x)
        z = self.head(self.norm(x)).view(-1, V)
        return F.cross_entropy(z.float() if half else z, y.view(-1))

    def load(self, file):
        """Takes the weights of xent's model, one tensor after the other."""
        data, at = torch.from_numpy(np.fromfile(file, np.float32)), 0

        def take(*into):
            nonlocal at
            for p in into:
                p.copy_(data[at : at + p.numel()].view(p.shape))
                at += p.numel()

        with torch.no_grad():
            take(self.head.weight)
            for b in self.blocks:
                take(b.norm1.weight, b.qkv.weight, b.proj.weight, b.norm2.weight, b.up.weight, b.down.weight)
            take(self.norm.weight)
        if at != len(data):
            raise ValueError(f"{file} holds {len(data)} numbers, the model {at}")


model = Model()
if kind == "llama":
    model.load(sys.argv[11])
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, betas=(0.9, 0.99), weight_decay=0.1, fused=True)
tokens = torchpeer.indices(1, B * T, V).view(B, T)
y = torchpeer.indices(2, B * T, V).view(B, T)


def step():
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=half):
        loss = model(tokens, y)
    loss.backward()
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return loss


peer.serve(versions, {"step": peer.Case(step, lambda: {"loss": step()})})
