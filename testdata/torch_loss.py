#!/usr/bin/python3
"""What PyTorch says of the losses of this module: goldens for ../torch_test.go.

    /usr/bin/python3 torch_loss.py        (torch 1.13, Debian's python3-torch)

writes torch_loss.json: batches, and for each batch and choice of options the
values and gradients of torch.nn.functional.cross_entropy, in float64. What
PyTorch has no option for is written in its operations (soft-cap, temperature,
z-loss), and the gradients are autograd's. Nothing here is taken from the Go code.

Inputs are dyadic numbers of so few bits that float32, and where the values allow
it bfloat16 and float16, hold them exactly: one golden serves every type. JSON has
no infinities and no NaN; they are the strings "inf", "-inf" and "nan".
"""
import json
import math
import os

import torch
import torch.nn.functional as F

IGNORE = -100
INF = float("inf")
N, V, D = 5, 7, 3
WIDE = 1100
ROW_WEIGHTS = [1.0, 0.5, 0.0, 2.25, 1.5]


def doubles(x):
    return torch.tensor(x, dtype=torch.float64)


def noise(tensor, *shape):
    """Integers in [0, 2^16), as float64."""
    n = math.prod(shape)
    out = []
    for i in range(n):
        x = (i + 1000003 * (tensor + 1)) * 2654435761 % (1 << 32)
        x = (x ^ (x >> 15)) * 2246822519 % (1 << 32)
        out.append(float((x ^ (x >> 13)) >> 16))
    return doubles(out).reshape(shape)


def grid(tensor, n, v, step=1 / 32, steps=256):
    """Multiples of step, steps of them around 0: 8 bits by default."""
    return torch.floor(noise(tensor, n, v) * steps / 65536 - steps / 2) * step


def classes(tensor, n, v):
    return torch.floor(noise(tensor, n) * v / 65536).long()


def distributions(tensor, n, v):
    """Rows of multiples of 1/64 that sum to 1; some elements are 0."""
    x = noise(tensor, n, v) ** 2
    q = torch.floor(x / x.sum(1, keepdim=True) * 64)
    q[torch.arange(n), q.argmin(1)] = 0
    q[torch.arange(n), q.argmax(1)] += 64 - q.sum(1)
    return q / 64


def class_weights(v):
    return torch.floor(noise(90, v) * 6 / 65536) / 4  # 0, 1/4 … 5/4


def batch(logits, index=None, q=None, kept=None, columns=None, **spec):
    """A batch for PyTorch, and in spec what torch_test.go reads of the targets."""
    n, v = logits.shape
    b = {"logits": logits, "index": index, "q": q, "weights": class_weights(v), "columns": columns}
    if kept is None:
        kept = index != IGNORE if index is not None else torch.ones(n, dtype=torch.bool)
    b["kept"] = kept
    if not spec:
        spec = {"index": index.tolist()} if index is not None else {"dense": q.tolist()}
    if columns is not None:
        spec["columns"] = columns
    b["spec"] = {"logits": logits.tolist(), "weights": b["weights"].tolist(), **spec}
    return b


# Losses. o holds the options: weights (bool), smoothing, zloss, softcap, temperature.


def transform(z, o):
    if "softcap" in o:
        z = o["softcap"] * torch.tanh(z / o["softcap"])
    return z / o.get("temperature", 1.0)


def cross_entropy(z, b, reduction, weights=False, smoothing=0.0):
    options = dict(reduction=reduction, weight=b["weights"] if weights else None, label_smoothing=smoothing)
    if b["index"] is not None:
        return F.cross_entropy(z, b["index"], ignore_index=IGNORE, **options)
    kept = b["kept"]  # PyTorch has no ignore_index for distributions
    loss = F.cross_entropy(z[kept], b["q"][kept], **options)
    if reduction != "none":
        return loss
    return torch.zeros(len(kept), dtype=torch.float64).masked_scatter(kept, loss)


def mean_weight(b, o):
    """What PyTorch's mean divides by."""
    if b["index"] is None:
        return float(b["kept"].sum())
    y = b["index"][b["kept"]]
    return (b["weights"][y] if o.get("weights") else torch.ones(len(y))).sum().item()


def logsumexp(z):
    """torch.logsumexp, of which autograd's gradient exp(z - lse) loses the digits of a common offset."""
    m = z.max(1).values.detach()
    return m + torch.logsumexp(z - m[:, None], 1)


def objective(z, b, o, reduction):
    """The loss of logits that are transformed already."""
    loss = cross_entropy(z, b, reduction, o.get("weights", False), o.get("smoothing", 0.0))
    if "zloss" not in o:
        return loss
    extra = torch.where(b["kept"], o["zloss"] * logsumexp(z) ** 2, doubles(0))
    if reduction == "none":
        return loss + extra
    return loss + (extra.sum() if reduction == "sum" else extra.sum() / mean_weight(b, o))


def gradients(inputs, loss):
    """Autograd's, of what loss makes of fresh leaves."""
    leaves = [x.clone().requires_grad_() for x in inputs]
    loss(*leaves).backward()
    return [x.grad for x in leaves]


def weighted(rows):
    return (doubles(ROW_WEIGHTS[:len(rows)]) * rows).sum()


def values(z, b, o):
    """Every value of transformed logits; rows that are left out are NaN."""
    def kept(x):
        return torch.where(b["kept"], x, doubles(math.nan)).tolist()

    rows = objective(z, b, o, "none")
    out = {"rows": rows.tolist(), "sum": objective(z, b, o, "sum").item(), "mean": objective(z, b, o, "mean").item(),
           "weighted": weighted(rows).item(), "nll": kept(cross_entropy(z, b, "none")), "lse": kept(torch.logsumexp(z, 1)),
           "entropy": kept(torch.special.entr(torch.softmax(z, 1)).sum(1))}
    if "smoothing" in o:
        out["smoothing"] = o["smoothing"] * cross_entropy(z, b, "sum", o.get("weights", False), 1.0).item()
    if "zloss" in o:
        out["zloss"] = (o["zloss"] * torch.logsumexp(z, 1) ** 2)[b["kept"]].sum().item()
    return out


def case(name, batches, o):
    b = batches[name]
    out = {"batch": name, "options": o, **values(transform(b["logits"], o), b, o)}
    for reduction in ("mean", "weighted"):
        def loss(z):
            z = transform(z, o)
            return weighted(objective(z, b, o, "none")) if reduction == "weighted" else objective(z, b, o, "mean")
        g, = gradients([b["logits"]], loss)
        out["grad_" + reduction] = (g if b["columns"] is None else g[:, b["columns"]]).tolist()
    return out


# The batches.


def topk(tensor, rest):
    """Three listed classes a row; the last row lists two, the third none."""
    listed = torch.argsort(noise(tensor + 1, N, V), 1)[:, :3]
    probs = doubles([[0.5, 0.25, 0.125], [0.25, 0.5, 0.0], [0, 0, 0], [0.75, 0.125, 0.0625], [0.125, 0.375, 0]])
    q = torch.zeros(N, V, dtype=torch.float64).scatter(1, listed, probs)
    index = listed.tolist()
    index[2], index[4][2] = [IGNORE] * 3, IGNORE
    for i in range(N):
        free = [c for c in range(V) if c not in index[i]]
        if rest == "renormalise":
            q[i] /= q[i].sum()
        else:
            q[i, free] = (1 - q[i].sum()) / len(free)
    q[4, listed[4, 2]] = q[4, [c for c in range(V) if c not in index[4]][0]] if rest == "uniform" else 0
    kept = torch.tensor([i != 2 for i in range(N)])
    return batch(grid(tensor, N, V), q=q, kept=kept, k=3, classes=index, probs=probs.tolist(), rest=rest)


def make_batches():
    z, y = grid(1, N, V), classes(2, N, V)
    weightless = int(class_weights(V).argmin())  # its weight is 0
    y[2] = weightless
    some = y.clone()
    some[1] = some[4] = IGNORE
    peaked = grid(5, N, V, step=1.0)  # ±128: probabilities that float32 does not have
    offset = grid(6, N, V) + doubles([[1e5], [-1e5], [1e5], [0], [-1e5]])
    broken = z.clone()
    broken[0, 3], broken[1, y[1]], broken[2, :], broken[3, y[3]] = math.nan, INF, -INF, -INF
    masked = z.clone()
    masked[0, (y[0] + 1) % V] = masked[3, (y[3] + 2) % V] = masked[3, (y[3] + 3) % V] = -INF
    other = classes(52, N, V)
    other[3] = IGNORE
    edge = [0, 1, 1022, 1023, 1024, 1025, WIDE - 1]
    return {
        "index": batch(z, y),
        "ignored": batch(z, some),
        "all ignored": batch(z, torch.full((N,), IGNORE)),
        "weightless": batch(z, torch.full((N,), weightless)),
        "empty": batch(z[:0], y[:0]),
        "soft": batch(grid(3, N, V), q=distributions(4, N, V)),
        "one-hot": batch(z, q=F.one_hot(y, V).double()),
        "top-k uniform": topk(10, "uniform"),
        "top-k renormalise": topk(12, "renormalise"),
        "peaked": batch(peaked, y),
        "offset": batch(offset, some),
        "offset soft": batch(offset, q=distributions(4, N, V)),
        "one class": batch(grid(7, N, 1), torch.zeros(N, dtype=torch.long)),
        "one class soft": batch(grid(7, N, 1), q=torch.ones(N, 1, dtype=torch.float64)),
        "broken": batch(broken, y),
        "masked": batch(masked, y),
        "wide": batch(grid(8, 2, WIDE), torch.tensor([1023, 7]), columns=sorted(set(edge + list(range(0, WIDE, 37))))),
        "student": batch(grid(50, N, V), other),
        "teacher": batch(grid(51, N, V), other),
    }


def make_cases(batches):
    def some(names, *options):
        return [case(name, batches, o) for o in options for name in names]

    weights = {"weights": True}
    smooth, uniform = {"smoothing": 0.1}, {"smoothing": 1.0}
    cap, hot, cold, z = {"softcap": 3.0}, {"temperature": 1.75}, {"temperature": 0.5}, {"zloss": 0.01}
    everything = {**weights, **smooth, **z, **cap, **hot}
    usual = ["index", "ignored", "soft"]
    return (
        some(usual, {}, weights, smooth, {**weights, **smooth}, uniform, {**weights, **uniform}, cap, hot, z, everything)
        + some(["index", "soft"], {**weights, **z}, {**cap, **cold}, {**smooth, **cap, **z})
        + some(["top-k uniform", "top-k renormalise"], {}, weights, {**weights, **smooth}, everything)
        + some(["one-hot"], {}, weights, everything)
        + some(["peaked"], {}, smooth, {**weights, **hot}, {**z, "softcap": 30.0}, everything)
        + some(["offset", "offset soft"], {}, {**weights, **smooth}, {**cold, **z})  # z/T is exact
        + some(["one class", "one class soft"], {}, everything)
        + some(["all ignored"], {}, everything)
        + some(["weightless"], {}, weights)
        + some(["empty"], {}, weights)
        + some(["broken"], {}, weights, hot)
        + some(["masked"], {}, {**weights, **cold, **z})
        + some(["wide"], {}, everything))


# Where this module differs on purpose: what PyTorch says, and what is right.


def without_masked(z, b, o):
    """The sum where each row has only its unmasked classes, and V counts those."""
    total = doubles(0)
    for i in range(len(z)):
        on = b["logits"][i] > -INF
        row = {"weights": b["weights"][on], "kept": b["kept"][i:i + 1], "index": None, "q": None}
        if b["index"] is not None:
            row["index"] = (torch.cumsum(on, 0) - 1)[b["index"][i:i + 1]]
        else:
            row["q"] = b["q"][i:i + 1, on]
        total = total + objective(transform(z[i:i + 1, on], o), row, o, "sum")
    return total


def without_rows(rows):
    def loss(z, b, o):
        part = {k: b[k][rows] if b[k] is not None and k in ("index", "q", "kept") else b[k] for k in b}
        return objective(transform(z[rows], o), part, o, "sum")
    return loss


def exact_cap(z, b, o):
    """tanh' as 4e/(1+e)^2, which does not cancel as 1 - tanh^2 does."""
    class Cap(torch.autograd.Function):
        @staticmethod
        def forward(ctx, z):
            ctx.save_for_backward(z)
            return o["softcap"] * torch.tanh(z / o["softcap"])

        @staticmethod
        def backward(ctx, g):
            e = torch.exp(-2 * (ctx.saved_tensors[0] / o["softcap"]).abs())
            return g * 4 * e / (1 + e) ** 2

    return objective(Cap.apply(z), b, o, "sum")


def difference(name, why, b, o, right, nll=None):
    """What PyTorch and right say; nll is the unweighted part's sum, by right if it is not given."""
    def torchs(z):
        return objective(transform(z, o), b, o, "sum")

    plain = {k: v for k, v in o.items() if k in ("softcap", "temperature")}
    nll = right(b["logits"], b, plain).item() if nll is None else nll
    out = {"name": name, "why": why, "options": o, **b["spec"], "nll": nll}
    for who, loss in (("torch", torchs), ("want", lambda z: right(z, b, o))):
        out[who] = {"sum": loss(b["logits"]).item(), "grad": gradients([b["logits"]], loss)[0].tolist()}
    return out


def make_differences():
    z = grid(20, 3, V)
    y, q = classes(21, 3, V), distributions(22, 3, V)
    masked = z.clone()
    for i in range(3):
        masked[i, q[i].argmin()] = -INF
    masked_index = z.clone()
    masked_index[0, (y[0] + 1) % V] = masked_index[2, (y[2] + 3) % V] = -INF
    weightless, ignored = z.clone(), z.clone()
    target, other = int(class_weights(V).argmin()), int(class_weights(V).argmax())
    weightless[1, target] = -INF
    ignored[1, 4] = math.nan
    return [
        difference("smoothing over masked classes", "PyTorch counts masked classes in V: the loss is infinite",
                   batch(masked_index, y), {"smoothing": 0.1}, without_masked),
        difference("weighted smoothing over masked classes", "the same, unless a masked class has weight 0: then NaN",
                   batch(masked_index, y), {"smoothing": 0.1, "weights": True}, without_masked),
        difference("soft target of 0 on a masked class", "PyTorch multiplies 0 with infinity: NaN; its gradient is right",
                   batch(masked, q=q), {}, without_masked),
        difference("smoothed soft target over masked classes", "PyTorch spreads the smoothing over masked classes",
                   batch(masked, q=q), {"smoothing": 0.1}, without_masked),
        difference("soft-cap of a masked class", "c*tanh(-inf) is -c: the mask is lost",
                   batch(masked_index, y), {"softcap": 3.0}, without_masked),
        difference("class weight 0 on a masked target", "PyTorch multiplies 0 with infinity: NaN",
                   batch(weightless, torch.tensor([other, target, other])), {"weights": True}, without_rows([0, 2]), nll=INF),
        difference("NaN in an ignored row", "PyTorch's gradient multiplies 0 with NaN",
                   batch(ignored, torch.tensor([1, IGNORE, 2])), {}, without_rows([0, 2])),
        difference("saturated soft-cap", "1 - tanh^2 cancels: PyTorch's gradient is 0 from |z/c| = 19 on",
                   batch(doubles([[40, 3, -17, 61, 29, -45, 50]]), torch.tensor([1])), {"softcap": 2.0}, exact_cap),
    ]


# What this module refuses, with the type of its error.


def refusal(name, want, b, o=None):
    o = o or {}
    try:
        torchs = objective(b["logits"], b, o, "sum").item()
    except Exception as e:
        torchs = type(e).__name__
    return {"name": name, "want": want, "torch": torchs, "options": o, **b["spec"]}


def make_refusals():
    z, y, q = grid(40, 2, V), classes(41, 2, V), distributions(42, 2, V)
    third, negative, missing = 3 * q, q.clone(), q.clone()
    negative[1, 0], negative[1, 1] = q[1, 0] + 0.5 + q[1, 1], -0.5
    missing[1, 2] = math.nan

    def weighted_batch(w):
        b = batch(z, y)
        b["weights"] = class_weights(V)
        b["weights"][2] = w
        b["spec"]["weights"] = b["weights"].tolist()
        return b

    return [
        refusal("a target's sum is 3", "ProbabilityError", batch(z, q=third)),
        refusal("a probability below 0", "ProbabilityError", batch(z, q=negative)),
        refusal("a probability that is NaN", "ProbabilityError", batch(z, q=missing)),
        refusal("a class weight below 0", "OptionError", weighted_batch(-1.0), {"weights": True}),
        refusal("a class weight that is NaN", "OptionError", weighted_batch(math.nan), {"weights": True}),
        refusal("an infinite class weight", "OptionError", weighted_batch(INF), {"weights": True}),
        refusal("target V", "TargetError", batch(z, torch.tensor([0, V]))),
        refusal("target -1", "TargetError", batch(z, torch.tensor([-1, 0]))),
        refusal("smoothing above 1", "OptionError", batch(z, y), {"smoothing": 1.5}),
    ]


# The linear loss.


def linear(name, bias, o, index=None, q=None):
    h, c = grid(30, N, D, 1 / 8, 32), grid(31, V, D, 1 / 8, 32)
    parameters = [h, c] + ([grid(32, 1, V, 1 / 8, 32)[0]] if bias else [])
    b = batch(F.linear(*parameters), index, q)
    out = {"name": name, "options": o, **b["spec"], "hidden": h.tolist(), "classifier": c.tolist()}
    del out["logits"]
    if bias:
        out["bias"] = parameters[2].tolist()
    for reduction in ("mean", "weighted"):
        def loss(*p):
            z = transform(F.linear(*p), o)
            return weighted(objective(z, b, o, "none")) if reduction == "weighted" else objective(z, b, o, "mean")
        out[reduction] = loss(*parameters).item()
        names = ["hidden", "classifier", "bias"]
        out["grad_" + reduction] = {n: g.tolist() for n, g in zip(names, gradients(parameters, loss))}
    return out


def make_linear():
    y = classes(33, N, V)
    some = y.clone()
    some[3] = IGNORE
    q = distributions(34, N, V)
    everything = {"weights": True, "smoothing": 0.1, "zloss": 0.01, "softcap": 3.0, "temperature": 1.75}
    return [
        linear("plain", False, {}, some),
        linear("bias", True, {}, some),
        linear("bias, weights, smoothing", True, {"weights": True, "smoothing": 0.1}, some),
        linear("bias, everything", True, everything, some),
        linear("bias, soft", True, {}, q=q),
        linear("bias, soft, everything", True, everything, q=q),
    ]


# Divergences of a student from a teacher.


def divergence(z, teacher, kind, beta=0.0, temperature=1.0):
    log_q, log_p = F.log_softmax(z / temperature, 1), F.log_softmax(teacher / temperature, 1)
    p, q = log_p.exp(), log_q.exp()
    if kind == "ForwardKL":
        return F.kl_div(log_q, p, reduction="none").sum(1)
    if kind == "ReverseKL":
        return F.kl_div(log_p, q, reduction="none").sum(1)
    if kind == "TeacherCE":
        return F.cross_entropy(z / temperature, p, reduction="none")
    log_m = (beta * p + (1 - beta) * q).log()
    return beta * F.kl_div(log_m, p, reduction="none").sum(1) + (1 - beta) * F.kl_div(log_m, q, reduction="none").sum(1)


def make_divergences(batches):
    student, teacher = batches["student"]["logits"], batches["teacher"]["logits"]
    y, kept = batches["student"]["index"], batches["student"]["kept"]
    out = []
    for kind, beta in [("ForwardKL", 0.0), ("ReverseKL", 0.0), ("TeacherCE", 0.0), ("JSD", 0.5), ("JSD", 0.125)]:
        for temperature, hard, soft, factor in [(1.0, 0.0, 1.0, 1.0), (1.75, 0.0, 0.5, 2.0), (2.5, 0.25, 0.75, 6.25)]:
            def rows(z):
                d = divergence(z, teacher, kind, beta, temperature)
                loss = hard * F.cross_entropy(z, y, ignore_index=IGNORE, reduction="none") + soft * factor * d
                return torch.where(kept, loss, doubles(0))

            d = divergence(student, teacher, kind, beta, temperature)
            out.append({
                "kind": kind, "beta": beta, "temperature": temperature, "hard": hard, "soft": soft, "factor": factor,
                "rows": torch.where(kept, d, doubles(math.nan)).tolist(), "mean": rows(student)[kept].mean().item(),
                "weighted": weighted(rows(student)).item(),
                "grad_mean": gradients([student], lambda z: rows(z)[kept].mean())[0].tolist(),
                "grad_weighted": gradients([student], lambda z: weighted(rows(z)))[0].tolist()})
    log_q, p = F.log_softmax(student[kept], 1), F.softmax(teacher[kept], 1)
    torch.testing.assert_close(F.kl_div(log_q, p, reduction="batchmean").item(), out[0]["mean"], rtol=1e-14, atol=0)
    return out


def clean(x):
    if isinstance(x, dict):
        return {k: clean(v) for k, v in x.items()}
    if isinstance(x, list):
        return [clean(v) for v in x]
    if isinstance(x, float):
        if not math.isfinite(x):
            return "nan" if x != x else "inf" if x > 0 else "-inf"
        return int(x) if x == int(x) and abs(x) < 1e6 and math.copysign(1, x) > 0 or x == 0 else x
    return x


def main():
    batches = make_batches()
    lines = {
        "batches": [{"name": k, **b["spec"]} for k, b in batches.items()],
        "cases": make_cases(batches),
        "differences": make_differences(),
        "refused": make_refusals(),
        "linear": make_linear(),
        "divergences": make_divergences(batches),
    }
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "torch_loss.json"), "w") as f:
        f.write(json.dumps({"made by": "torch_loss.py", "torch": torch.__version__})[:-1] + ",\n")
        f.write('"row_weights": ' + json.dumps(clean(ROW_WEIGHTS)))
        for key, items in lines.items():
            f.write(",\n" + json.dumps(key) + ": [\n")
            f.write(",\n".join(json.dumps(clean(x), separators=(",", ":")) for x in items))
            f.write("\n]")
        f.write("\n}\n")
    print("torch", torch.__version__, {k: len(v) for k, v in lines.items()})


if __name__ == "__main__":
    main()
