"""Four-choice questions of the demo task, one generator a subject.

Every generator takes a random.Random and returns (question, right answer, three wrong answers), all text. Wrong answers are
near misses, and most subjects mix easy and hard instances, so that a small model answers some of them with a wide margin,
some with a narrow one and some wrongly, as a large model does on MMLU.
"""
import math

LETTERS = "ABCD"

WORDS = ("apple bread chair dog eagle flute grape horse iron jacket kite lemon mouse needle orange piano queen rabbit spoon tiger "
         "uncle violin wagon yacht zebra castle river mountain forest desert island bottle candle drum engine feather garden hammer "
         "insect jungle kettle ladder magnet novel ocean pencil quartz ribbon saddle table umbrella valley window yarn silver copper "
         "bridge coffee salmon falcon turtle pepper carrot onion potato spinach trumpet cello guitar harp shirt glove scarf boot hat").split()

CAPITALS = {
    "France": "Paris", "Spain": "Madrid", "Italy": "Rome", "Japan": "Tokyo", "Egypt": "Cairo", "Peru": "Lima", "Cuba": "Havana",
    "Kenya": "Nairobi", "Norway": "Oslo", "Greece": "Athens", "Poland": "Warsaw", "Chile": "Santiago", "Iraq": "Baghdad",
    "Iran": "Tehran", "Qatar": "Doha", "Ghana": "Accra", "Austria": "Vienna", "Portugal": "Lisbon", "Ireland": "Dublin",
    "Finland": "Helsinki", "Sweden": "Stockholm", "Denmark": "Copenhagen", "Hungary": "Budapest", "Turkey": "Ankara",
    "Canada": "Ottawa", "Jordan": "Amman", "Syria": "Damascus", "Lebanon": "Beirut", "Germany": "Berlin", "Russia": "Moscow",
}

PRIMES = [n for n in range(2, 500) if all(n % d for d in range(2, math.isqrt(n) + 1))]


def others(right, draw, count=3):
    """count different values of draw() that are not right."""
    seen = []
    while len(seen) < count:
        value = draw()
        if value != right and value not in seen:
            seen.append(value)
    return seen


def near(right, r, spread, low=0):
    """Three numbers at most spread away from right."""
    return others(right, lambda: max(low, right + r.choice((-1, 1)) * r.randint(1, spread)))


def addition(r):
    terms = [r.randint(2, 99) for _ in range(r.choice((2, 2, 3, 4)))]
    return f"What is {' + '.join(map(str, terms))}?", sum(terms), near(sum(terms), r, 10)


def alphabetical_order(r):
    words, rank = r.sample(WORDS, 4), r.choice((0, 1, 2))
    right = sorted(words)[rank]
    return f"Which word comes {('first', 'second', 'third')[rank]} in alphabetical order?", right, [w for w in words if w != right]


def binary_numbers(r):
    n = r.randint(2, 15) if r.random() < .3 else r.randint(16, 511)
    return f"What is the value of the binary number {' '.join(format(n, 'b'))}?", n, near(n, r, 8, 1)


def common_divisors(r):
    k = r.randint(1, 12)
    a, b = k * r.randint(2, 16), k * r.randint(2, 16)
    right = math.gcd(a, b)
    return f"What is the greatest common divisor of {a} and {b}?", right, others(right, lambda: right * r.choice((2, 3)) if r.random() < .3 else r.randint(1, 16))


def divisibility(r):
    d = r.choice((2, 3, 4, 5, 6, 7, 8, 9))
    right = d * r.randint(100 // d + 1, 999 // d)
    return f"Which number is divisible by {d}?", right, others(right, lambda: d * r.randint(100 // d + 1, 999 // d) + r.randint(1, d - 1))


def key_value_recall(r):
    size = r.choice((1, 2, 3, 5))
    keys, values = r.sample("abcdefgh", size), r.sample(range(10, 99), size)
    i = r.randrange(size)
    pairs = ", ".join(f"{k} = {v}" for k, v in zip(keys, values))
    wrong = [v for j, v in enumerate(values) if j != i]
    wrong += r.sample([v for v in range(10, 99) if v not in values], max(0, 3 - len(wrong)))
    return f"Given {pairs}, what is {keys[i]}?", values[i], r.sample(wrong, 3)


def largest_number(r):
    if r.random() < .4:
        values = r.sample(range(10, 999), 4)
    else:
        low = r.randint(1000, 9900)
        values = r.sample(range(low, low + r.choice((30, 200))), 4)
    return "Which number is the largest?", max(values), [v for v in values if v != max(values)]


def letter_counting(r):
    length = r.choice((6, 10, 14, 18))
    text, letter = [r.choice("abc") for _ in range(length)], r.choice("abc")
    right = text.count(letter)
    return f"How many times does {letter} occur in {' '.join(text)}?", right, others(right, lambda: max(0, right + r.randint(-3, 3)))


def medians(r):
    size = r.choice((3, 5, 7))
    low = r.choice((1, 1, r.randint(1, 60)))
    values = r.sample(range(low, 99), size)
    ranked = sorted(values)
    right = ranked[size // 2]
    pool = [v for v in ranked[max(0, size // 2 - 2):size // 2 + 3] if v != right]
    pool += r.sample([v for v in range(1, 99) if v not in values], max(0, 3 - len(pool)))
    return f"What is the median of {', '.join(map(str, values))}?", right, r.sample(pool, 3)


def modular_arithmetic(r):
    a, b = r.randint(10, 99) if r.random() < .5 else r.randint(100, 999), r.randint(3, 12)
    return f"What is {a} mod {b}?", a % b, r.sample([x for x in range(b if b > 4 else 5) if x != a % b], 3)


def multiplication(r):
    a, b = (r.randint(2, 12), r.randint(2, 12)) if r.random() < .4 else (r.randint(11, 99), r.randint(3, 29))
    right = a * b
    return f"What is {a} x {b}?", right, others(right, lambda: max(0, right + r.choice((-20, -10, 10, 20, r.randint(-9, 9)))))


def number_sequences(r):
    a, b, kind = r.randint(1, 40), r.randint(2, 9), r.choice(("constant", "growing", "sum", "double"))
    terms = [a, a + b]
    while len(terms) < 6:
        x, y = terms[-2:]
        terms.append({"constant": y + b, "growing": y + b + len(terms) - 1, "sum": x + y, "double": 2 * y - x + b}[kind])
    return f"What comes next: {', '.join(map(str, terms[:5]))}?", terms[5], near(terms[5], r, 8)


def prime_numbers(r):
    low, top = (11, 99) if r.random() < .4 else (101, 499)
    composite = lambda: next(n for n in iter(lambda: r.randrange(low, top, 2), None) if n not in PRIMES and n % 5)
    return "Which number is prime?", r.choice([n for n in PRIMES if low <= n < top]), others(None, composite)


def sorted_lists(r):
    values = sorted(r.sample(range(1, 99), r.choice((4, 5, 6))))
    text = lambda v: " ".join(map(str, v))

    def swapped():
        v = list(values)
        i = r.randrange(len(v) - 1)
        v[i], v[i + 1] = v[i + 1], v[i]
        return text(v)

    return "Which list is in increasing order?", text(values), others(text(values), swapped)


def string_reversal(r):
    word = r.sample("abcdefghij", r.choice((4, 5, 6, 7)))
    right = word[::-1]

    def swapped():
        w = list(right)
        i = r.randrange(len(w) - 1)
        w[i], w[i + 1] = w[i + 1], w[i]
        return " ".join(w)

    return f"What is {' '.join(word)} reversed?", " ".join(right), others(" ".join(right), swapped)


def subtraction(r):
    a = r.randint(20, 99) if r.random() < .5 else r.randint(100, 999)
    b = r.randint(2, a - 1)
    return f"What is {a} - {b}?", a - b, near(a - b, r, 10)


def truth_values(r):
    def formula(depth):
        if depth == 0:
            value = r.random() < .5
            return ("true" if value else "false"), value
        (x, vx), (y, vy) = formula(depth - 1), formula(r.randrange(depth))
        op = r.choice(("and", "or"))
        return f"( {x} {op} {y} )", (vx and vy) if op == "and" else (vx or vy)

    want = r.random() < .5
    depth = r.choice((1, 1, 2))
    right = others(None, lambda: next(t for t, v in iter(lambda: formula(depth), None) if v == want), 1)[0]
    wrong = others(right, lambda: next(t for t, v in iter(lambda: formula(depth if depth > 1 else r.choice((1, 2))), None) if v != want))
    return f"Which formula is {'true' if want else 'false'}?", right, wrong


def world_capitals(r):
    country = r.choice(list(CAPITALS))
    return f"What is the capital of {country}?", CAPITALS[country], r.sample([c for k, c in CAPITALS.items() if k != country], 3)


SUBJECTS = {f.__name__: f for f in (
    addition, alphabetical_order, binary_numbers, common_divisors, divisibility, key_value_recall, largest_number, letter_counting, medians,
    modular_arithmetic, multiplication, number_sequences, prime_numbers, sorted_lists, string_reversal, subtraction, truth_values, world_capitals)}


def row(subject, r):
    """One question as MMLU stores it: question, four options, the right letter."""
    question, right, wrong = SUBJECTS[subject](r)
    options = [str(right)] + [str(w) for w in wrong]
    order = list(range(4))
    r.shuffle(order)
    return [question] + [options[i] for i in order] + [LETTERS[order.index(0)]]


def header(subject):
    return "The following are multiple choice questions (with answers) about " + "".join(" " + w for w in subject.split("_")) + ".\n\n"


def prompt(row, answered):
    """A row in the wording of MMLU's evaluator, with or without its answer."""
    text = row[0] + "".join(f"\n{letter}. {option}" for letter, option in zip(LETTERS, row[1:5])) + "\nAnswer:"
    return text + f" {row[5]}\n\n" if answered else text
