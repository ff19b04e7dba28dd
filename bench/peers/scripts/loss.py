"""PyTorch's loss over logits, and its gradient.

usage: loss.py THREADS ROWS CLASSES
"""

import sys

import torch
import torch.nn.functional as F

import peer
import torchpeer

threads, N, V = (int(a) for a in sys.argv[1:])
versions = torchpeer.start(threads)
x = torchpeer.numbers(1, 3, N, V).requires_grad_(True)
y = torchpeer.indices(2, N, V)
classes = torch.arange(V)


def one_function(z, y):
    """Loss and gradient as one would write them by hand, to be compiled whole."""
    m = z.amax(1, keepdim=True)
    e = (z - m).exp()
    s = e.sum(1, keepdim=True)
    loss = (s.log() + m - z.gather(1, y[:, None])).mean()
    p = e * ((1.0 / N) / s)
    return loss, torch.where(classes[None, :] == y[:, None], p - 1.0 / N, p)


def in_place(z, y):
    loss, gradient = one_function(z, y)
    z.copy_(gradient)
    return loss


def compiled(f):
    return torch.compile(f, dynamic=False)


def forward(f):
    def run():
        with torch.no_grad():
            return f(x, y)

    return peer.Case(run, lambda: {"loss": run()})


def backward(f):
    def run():
        x.grad = None
        loss = f(x, y)
        loss.backward()
        return loss

    return peer.Case(run, lambda: {"loss": run(), "gradient": torchpeer.absolute(x.grad)})


def both(f):
    def run():
        with torch.no_grad():
            return f(x, y)

    def check():
        loss, gradient = run()
        return {"loss": loss, "gradient": torchpeer.absolute(gradient)}

    return peer.Case(run, check)


def overwriting(f):
    room = torch.empty(N, V)

    def run():
        with torch.no_grad():
            return f(room, y)

    def before():
        with torch.no_grad():
            room.copy_(x)

    return peer.Case(run, lambda: {"loss": run(), "gradient": torchpeer.absolute(room)}, before)


peer.serve(
    versions,
    {
        "forward_eager": forward(F.cross_entropy),
        "forward_compile": forward(compiled(lambda z, y: F.cross_entropy(z, y))),
        "gradient_compile": backward(compiled(lambda z, y: F.cross_entropy(z, y))),
        "gradient_one": both(compiled(one_function)),
        "gradient_in_place": overwriting(compiled(in_place)),
    },
)
