"""Which requests are computed together."""

# A common beginning shorter than this is not worth a pass of its own.
LEAST_PREFIX = 32


def common(a, b, most):
    """How many tokens two prompts begin with alike, most at most."""
    n = min(len(a), len(b), most)
    if a[:n] == b[:n]:
        return n
    low, high = 0, n
    while low < high:
        middle = (low + high + 1) // 2
        if a[:middle] == b[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def groups(order, tokens):
    """Cuts requests into groups [(prefix length, indices)] whose prompts begin
    alike. A prompt joins the group of its neighbour in sorted order while that
    keeps at least half of the beginning that the group shares."""
    out = []
    for i in sorted(order, key=lambda i: tokens[i]):
        if out:
            shared, members = out[-1]
            # The last token is always computed: its logits are wanted.
            with_it = common(tokens[members[0]], tokens[i], min(shared, len(tokens[i]) - 1))
            if with_it >= LEAST_PREFIX and (len(members) == 1 or 2 * with_it >= shared):
                out[-1] = (with_it, members + [i])
                continue
        out.append((len(tokens[i]) - 1, [i]))
    return [(shared if len(members) > 1 else 0, members) for shared, members in out]


def batches(members, length, most, most_tokens):
    """Cuts members into batches of similar length, longest first: at most
    `most`, and at most `most_tokens` tokens with padding. Longest first, so that
    memory that does not suffice is found at once."""
    out = []
    for i in sorted(members, key=length, reverse=True):
        if out and len(out[-1]) < most and (len(out[-1]) + 1) * length(out[-1][0]) <= most_tokens:
            out[-1].append(i)
        else:
            out.append([i])
    return out
