"""PyTorch's loss over hidden states × classifier, and its gradients.

usage: linear.py THREADS ROWS WIDTH CLASSES MODE
"""

import sys

import torch
import torch.nn as nn
import torch.nn.functional as F

import peer
import torchpeer

threads, N, D, V = (int(a) for a in sys.argv[1:5])
mode = sys.argv[5]
versions = torchpeer.start(threads)
hidden = torchpeer.numbers(1, 1, N, D).requires_grad_(True)
classifier = torchpeer.numbers(2, 0.02, V, D).requires_grad_(True)
y = torchpeer.indices(3, N, V)

if mode == "eager":
    f = lambda: F.cross_entropy(F.linear(hidden, classifier), y)
elif mode == "linear_cross_entropy":
    f = lambda: F.linear_cross_entropy(hidden, classifier, y)
elif mode == "chunks":
    options = nn.LinearCrossEntropyOptions(batch_chunk_size=512)
    f = lambda: F.linear_cross_entropy(hidden, classifier, y, options=options)


def run():
    hidden.grad = classifier.grad = None
    loss = f()
    loss.backward()
    return loss


def check():
    loss = run()
    return {"loss": loss, "hidden": torchpeer.absolute(hidden.grad), "classifier": torchpeer.absolute(classifier.grad)}


peer.serve(versions, {"both": peer.Case(run, check)})
