"""Writes grid.json: small templates and what Python's Jinja2 makes of them.

    python make_grid.py > grid.json
    python make_grid.py SEED COUNT > random.json    # templates at random, for JINJA_GRID=random.json go test

Jinja2 is set up by transformers itself, as for a chat template. grid.json is
{"context": the variables of every case, "cases": [[template, text], ...]}; the
text is null where Jinja2 refuses the template. transformers 5.23, jinja2 3.1.6.
"""

import copy
import itertools
import json
import random
import sys
import warnings

from transformers.utils.chat_template_utils import _compile_jinja_template

CONTEXT = {
    "s": "Hello World", "pad": " \t two  words\n ", "u": "Żółw ß ǆ 東京 \U0001f600 e\u0301", "empty": "", "num": "42", "quote": "it's \"q\" <b> & \\ \n\t\u00a0\u2028\u007f",
    "lines": "one\n two\n\nthree\n", "n": 7, "neg": -7, "zero": 0, "f": 2.5, "whole": 2.0, "big": 1e16, "tiny": 1e-5, "long": 123456789012345678,
    "yes": True, "no": False, "nil": None, "l": [3, 1, 2], "ls": ["b", "A", "a", "C"], "le": [], "mix": [1, "x", None, True, 2.0, [1], {"k": "v"}],
    "d": {"b": 1, "a": "x", "C": None}, "de": {}, "deep": {"x": {"y": [10, {"z": "end"}]}, "items": "shadow"},
    "rows": [{"name": "x", "age": 3, "tag": {"id": 2}}, {"name": "Y", "age": 1, "tag": {"id": 1}}, {"name": "x", "age": 2}],
    "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}, {"role": "assistant", "content": ""}],
}

OPERANDS = ["s", "empty", "num", "n", "neg", "zero", "f", "big", "yes", "nil", "l", "le", "d", "missing"]
STRINGS = ["s", "pad", "u", "empty", "num", "quote", "lines"]


def expressions():
    yield from CONTEXT
    # Literals.
    yield from ["1", "1.0", "1e16", "1.5e300", "1e-7", "0.1 + 0.2", "100000.0", "1234567.0", "123456789.125", "1_000", "0x1F", "0b11", "0o17", "1e5", "1E5", "1.e5",
                "true", "True", "TRUE", "false", "False", "none", "None", "null", "nil", "'a' 'b'", '"a\'b"', "'a\\nb'", "'\\u00e9\\x41\\t\\\\'", "'\\''", "'\\d'", "'a\\\nb'",
                "'\\101'", "'\\N{BULLET}'", "'\\U0001f600'", "'é'", "[]", "[1, 2,]", "()", "(1,)", "(1)", "(1, 2)", "1, 2", "{}", "{'a': 1, 'b': [2]}", "{1: 2, 'x': none, 1.5: true}",
                "{'a': 1, 'a': 2}", "{n: s}", "[[1, 'a'], {'b': (1, 2)}]", "[\"it's\"]", "['\"']", "['it\\'s \"q\"']", "['\\n\\t\\\\']", "['é', '\\u00a0', '\\x7f', '\\u200b']", "-5", "+5", "- 5", "--5", "not not 1", "-s",
                "+s", "-yes", "-f", "-nil", "-missing", "not missing", "not l", "9223372036854775807 + 1", "2 ** 63", "2 ** 100", "10 ** 20", "2 ** -1", "2 ** 0.5", "-2 ** 2", "2 ** 3 ** 2", "7 / 2", "6 / 2", "1 / 3", "1e308 * 10",
                "-7 // 2", "7 // -2", "-7 % 3", "7 % -3", "-7.5 // 2", "7.5 % -2", "1 // 0", "1 % 0", "1 / 0", "5.0 // 2", "0.0", "-0.0", "1e22", "1e21", "12345678901234567890", "0.00001", "0.0001", "3.14159265358979"]
    for op in ["+", "-", "*", "/", "//", "%", "**", "~", "==", "!=", "<", "<=", ">", ">=", "in", "not in", "and", "or"]:
        for a, b in itertools.product(OPERANDS, OPERANDS):
            if op != "**" or "big" not in (a, b):
                yield f"{a} {op} {b}"
    yield from ["1 < 2 < 3", "1 < 3 < 2", "3 > 2 == 2", "1 == 1.0", "1 == true", "0 == false", "'1' == 1", "1 in [1.0]", "true in [1]", "'a' in 'abc'", "'' in 'abc'", "n in [7]", "'k' in {'k': 1}", "1 in {1: 2}",
                "(1, 2) == [1, 2]", "[1, 2] == [1.0, 2]", "{'a': 1} == {'a': 1.0}", "[1, 2] < [1, 3]", "[1] < [1, 0]", "'a' < 'b'", "'Z' < 'a'", "'é' < 'z'", "none < 1", "none == none", "missing == missing", "missing == none", "missing == ''",
                "missing.x", "missing['x']", "missing.x.y", "missing()", "nil.x", "nil['x']", "nil.x.y", "d.nope", "d.nope.x", "d['nope']['x']", "s.nope", "s.nope()", "l.nope", "l[0].x", "n.real", "n.x", "missing ~ 'x'", "missing + 'x'", "missing | length", "missing[0]", "missing[1:]", "not missing.x",
                "missing is defined", "missing.x is defined", "d.nope is defined", "nil.x is defined", "d.nope.x is defined", "missing or 'x'", "nil or 'x'", "'' or 0", "1 and 2", "0 and missing.x", "1 or missing.x", "missing and 1",
                "1 if yes else 2", "1 if no else 2", "1 if no", "(1 if no) is defined", "1 if no else 2 if no else 3", "'a' if missing else 'b'", "1 + 2 * 3", "(1 + 2) * 3", "1 ~ 2 + 3", "'a' ~ 1 ~ none ~ true ~ 1.0 ~ [1]", "n + 1 | string ~ 'x'", "-1 | abs", "-n | abs", "'a' ~ 'b' | upper",
                "1 + 1 ~ 1", "not 1 == 2", "not 'a' in 'b'", "1 in [1] and 2 in [2]", "not yes and no", "not (yes and no)", "n is odd and n > 3", "n is not even", "not n is even", "n is divisibleby 7", "n is divisibleby(2)", "n is eq 7", "n is in [7]", "s is string and l is sequence", "2 * 'ab'", "'ab' * 2", "'ab' * 0", "'ab' * -1", "[1] * 2", "2 * [1]",
                "'%s-%d' % ('a', 3)", "'%s' % s", "'%5.2f|%-5s|%05d|%x' % (f, 'a', n, 255)", "'%s' % l", "'%d' % 's'", "'%s %s' % ('a',)", "'%%' % ()", "'%(a)s' % d", "'a' + 1", "1 + 'a'", "'a' + none", "l + 1", "l + ['x']", "l + (1, 2)", "(1,) + (2,)", "d + d", "l - l", "s - 'a'", "true + 1", "true + true", "1.0 + 1", "1.5 * 2", "n / 7"]
    # Items, slices, attributes.
    yield from ["l[0]", "l[-1]", "l[5]", "l[5] is defined", "l['0']", "l[1.0]", "l[true]", "l.0", "l[nil]", "s[0]", "s[-1]", "s[99]", "u[1]", "u[-1]", "d['b']", "d.b", "d[0]", "d.items()", "deep.items", "deep['items']", "deep.x.y[1].z", "deep['x']['y'][0]", "deep.items()", "deep.x.items()", "d.keys()", "d.values()", "d.get('b')", "d.get('q')", "d.get('q', 5)", "d.get('q', default=5)", "d.get()", "{1: 'i', '1': 's'}[1]", "{1: 'i', '1': 's'}['1']", "{true: 'b'}[1]", "{1.0: 'f'}[1]", "{none: 'x'}[none]",
                "d.update({'z': 1})", "d.pop('b')", "d.clear()", "d.setdefault('q', 1)", "d.copy()", "l.append(1)", "l.pop()", "l.insert(0, 1)", "l.index(1)", "l.index(9)", "l.count(1)", "l.copy()", "l.sort()", "l.reverse()", "l.extend([1])", "(3, 1).index(1)", "(1, 1).count(1)", "d.__class__", "s.__class__", "s['__class__']", "d | attr('b')", "s | attr('upper')", "s.upper", "n.bit_length()", "n.__add__(1)", "f.is_integer()", "f.hex()", "dict.fromkeys(['a', 'b'], 1)", "d.fromkeys(['a'])"]
    bounds = ["", "0", "1", "2", "5", "-1", "-2", "-9"]
    for a, b in itertools.product(bounds, bounds):
        yield f"l[{a}:{b}]"
        yield f"s[{a}:{b}]"
        yield f"l[{a}:{b}:-1]"
        yield f"s[{a}:{b}:2]"
        yield f"s[{a}:{b}:-2]"
    yield from ["l[::0]", "l[nil:nil]", "l[none:2]", "l['a':]", "u[2:5]", "u[::-1]", "d[1:]", "n[1:]", "(1, 2, 3)[1:]", "l[1.0:]", "l[true:]", "messages[1:][0].role", "messages[-1]['role']", "range(5)[1:3]", "range(5)[-1]", "messages[:-1] | length", "l[:2][0]", "'abc'[1]", "'abc'[::-1]", "[1, 2][0]", "{'a': 1}['a']", "{'a': 1}.a"]
    # Filters.
    plain = ["abs", "attr", "batch", "capitalize", "center", "count", "d", "default", "dictsort", "e", "escape", "filesizeformat", "first", "float", "forceescape", "format", "groupby", "indent", "int", "items", "join", "last", "length", "list", "lower", "map", "max", "min", "pprint",
             "reject", "rejectattr", "replace", "reverse", "round", "safe", "select", "selectattr", "slice", "sort", "string", "striptags", "sum", "title", "tojson", "trim", "truncate", "unique", "upper", "urlencode", "urlize", "wordcount", "wordwrap", "xmlattr", "fromjson", "from_json", "nonsense"]
    for name in plain:
        for a in ["s", "pad", "u", "empty", "num", "quote", "lines", "n", "neg", "f", "whole", "big", "yes", "nil", "l", "ls", "le", "mix", "d", "de", "rows", "missing", "range(3)"]:
            yield f"{a} | {name}"
    for name in ["reverse", "map('upper')", "select", "unique", "batch(2)", "slice(2)", "items", "reject('none')"]:
        for then in ["list", "join(',')", "first", "last", "length", "tojson", "string", "sort", "sum", "map('string') | list"]:
            for a in ["ls", "s", "d"]:
                yield f"{a} | {name} | {then}"
    for name in ["batch(2)", "batch(2, 'x')", "batch(0)", "slice(2)", "slice(2, 'x')", "slice(5)", "slice(0)", "sort(reverse=true)", "sort(true)", "sort(attribute='name')", "sort(attribute='age')", "sort(attribute='tag.id')", "sort(attribute='name,age')", "sort(case_sensitive=true)", "sort(false, true)", "unique(true)", "unique(attribute='name')", "unique(case_sensitive=true)",
                 "groupby('name')", "groupby('age')", "groupby('name', default='')", "groupby('name', case_sensitive=true)", "groupby('tag.id', default=0)", "map(attribute='name')", "map(attribute='tag.id')", "map(attribute='tag.id', default='none')", "map(attribute='nope')", "map(attribute=0)", "map('upper')", "map('default', 'x')", "map('string')", "map('tojson')", "map('int')", "map('length')",
                 "map('replace', 'a', 'b')", "map('attr', 'name')", "map()", "map('nonsense')", "select('odd')", "select('gt', 1)", "select('string')", "select('in', [1, 'a'])", "select('nonsense')", "select('equalto', 'a')", "reject('odd')", "reject('none')", "reject('equalto', 'a')", "selectattr('name')", "selectattr('name', 'equalto', 'x')", "selectattr('name', 'eq', 'x')", "selectattr('name', '==', 'x')", "selectattr('age', 'gt', 1)", "selectattr('tag.id', 'defined')", "selectattr('tag', 'defined')", "selectattr('tag')", "selectattr('nope')",
                 "rejectattr('name', 'equalto', 'x')", "rejectattr('tag')", "rejectattr('tag', 'defined')", "sum(attribute='age')", "sum('age')", "sum(start=10)", "max(attribute='age')", "min(attribute='name')", "max(case_sensitive=true)", "min(true)", "join(', ')", "join(', ', attribute='name')", "join(d='-')", "join(attribute='age')", "join(1)", "join(none)", "first", "last", "random | length", "reverse | list", "dictsort(true)", "dictsort(by='value')", "dictsort(reverse=true)", "dictsort(false, 'value')", "dictsort(by='nope')", "tojson(indent=2)", "tojson(indent=0)", "tojson(indent=4, sort_keys=true)", "tojson(indent='--')", "tojson(sort_keys=true)", "tojson(ensure_ascii=true)", "tojson(true)", "tojson(false, 2)", "tojson(separators=(',', ':'))", "tojson(separators=[',', ':'])", "tojson(indent=2, separators=(',', ': '))", "tojson(2)", "tojson(nonsense=1)", "list | tojson", "items | list", "list | length", "xmlattr(false)", "length == 3", "default('x')", "default('x', true)", "d(1, boolean=true)", "default(default_value='x')", "count"]:
        for a in ["l", "ls", "rows", "d", "mix", "de"]:
            yield f"{a} | {name}" if not ("(" in name and name.split("(")[0] in ("map", "select", "reject", "selectattr", "rejectattr", "batch", "slice", "unique")) else f"{a} | {name} | list"
    for name in ["default('x')", "default('x', true)", "d('x', boolean=true)", "default()", "default(none)", "int(9)", "int(default=9)", "int(9, 16)", "int(base=2)", "float(1.5)", "float(default='x')", "round(1)", "round(0, 'floor')", "round(method='ceil')", "round(1, 'ceil')", "round(-1)", "round(2, 'common')", "round(2, 'nope')", "abs", "string", "trim('H')", "trim('dl ')", "trim(chars='H')", "truncate(5)", "truncate(5, true)", "truncate(5, true, '')", "truncate(8, false, '...', 0)", "truncate(length=9, end='~')", "replace('l', 'L')", "replace('l', 'L', 1)", "replace('l', 'L', count=2)", "replace('', '-')", "replace('l', 1)", "replace(1, 2)", "replace('l')",
                 "indent", "indent(2)", "indent(2, true)", "indent(2, first=true)", "indent(2, blank=true)", "indent('> ')", "indent(width=1, first=true, blank=true)", "indent(0)", "center(20)", "center(3)", "center(21)", "wordwrap(4)", "wordwrap(5, false)", "wordwrap(6, wrapstring='|')", "wordwrap(5, break_long_words=false)", "format(1)", "format('a', 'b')", "list", "first", "last", "reverse", "length", "wordcount", "upper | lower", "title", "capitalize", "urlencode", "striptags", "escape | upper", "safe | upper", "filesizeformat(true)", "items", "tojson", "tojson | tojson", "string | length", "join('-')", "join", "unique | list", "sort", "sort | join", "map('upper') | join", "batch(3) | list", "max", "min", "select | list", "select('in', 'lo') | list", "fromjson", "float | int", "int | string", "attr('x')", "e ~ '<'", "'x' ~ '<'", "forceescape", "xmlattr", "upper()", "upper(1)", "lower(nope=1)", "length(1)", "trim('H', 1)", "first(1)"]:
        for a in ["s", "quote", "lines", "u", "num", "n", "neg", "f", "nil", "missing", "yes"]:
            yield f"{a} | {name}"
    yield from ["'%s-%s' | format('a', 1)", "'%d' | format(n)", "'%(x)s' | format(x=1)", "'%.2f' | format(f)", "'1.5' | float", "'1e3' | float", "'abc' | float", "' 12 ' | int", "'12abc' | int", "'12.7' | int", "'0x1f' | int(0, 16)", "'1f' | int(base=16)", "'1_000' | int", "'-5' | int", "'+5' | int", "'inf' | float", "'nan' | float", "'1e400' | float", "2.5 | round", "3.5 | round", "-2.5 | round", "0.125 | round(2)", "2.675 | round(2)", "1234.5 | round(-2)", "7 | round", "7 | round(1)", "7 | round | int", "2.4 | round | int", "1e20 | int", "'99999999999999999999' | int",
                "12345.678 | round(1)", "[1.5, 2] | sum", "[0.1, 0.2, 0.3] | sum", "['a', 'b'] | sum", "[[1], [2]] | sum(start=[])", "['b', 'a'] | sort | join", "[2, 'a'] | sort", "['B', 'a'] | sort", "['B', 'a'] | sort(case_sensitive=true)", "[none, 1] | sort", "[true, 0] | sort", "[1, 1.0, true] | unique | list", "['a', 'A'] | unique | list", "['a', 'A'] | unique(true) | list", "[1, '1'] | unique | list", "[[1], [1]] | unique | list", "{'b': 1, 'a': 2} | dictsort", "{'b': 1, 'A': 2} | dictsort", "{'b': 2, 'a': 3} | dictsort(by='value')", "{'b': 2} | items | list", "{'x': 1} | list", "{'x': 1} | first", "{'x': 1} | length", "{'x': {'y': 'é'}} | tojson", "{'x': [1, 2]} | tojson(indent=1)", "{'e': {}, 'l': []} | tojson(indent=2)", "[] | tojson(indent=2)", "[1.0, 1e16, 1e-7, 1.5, 100.0] | tojson", "{1: 2, none: 3, true: 4, 1.5: 5} | tojson", "(1, 2) | tojson", "'\\u2028<>&\\'\"\\x7f\\x00\\x1f\\b\\f' | tojson", "'é😀' | tojson(ensure_ascii=true)", "range(3) | tojson", "missing | tojson", "namespace(a=1) | tojson", "[1, 2] | map('string') | tojson", "[[1, 2], [3]] | map('length') | list", "[[1, 2], [3]] | map('first') | join", "['a b', 'c'] | map('title') | join(',')", "['1', '2'] | map('int') | sum", "[1, 2, 3] | select('odd') | list", "[1, none, ''] | select | list", "[1, 2, 3, 4, 5] | batch(2) | list", "[1, 2, 3, 4, 5] | slice(2) | list", "[1, 2, 3, 4, 5] | slice(3, 0) | list", "'a,b' .split(',')", "messages | map(attribute='content') | join('|')", "messages | selectattr('role', 'equalto', 'user') | map(attribute='content') | first", "messages | selectattr('role', 'in', ['user', 'assistant']) | list | length", "messages | rejectattr('role', 'equalto', 'system') | list", "messages | map('tojson') | join(',')", "rows | map(attribute='tag') | select('defined') | list", "rows | groupby('name') | map('first') | list", "rows | groupby('name') | map(attribute='grouper') | join", "rows | groupby('name') | map(attribute='list') | map('length') | list", "rows | sort(attribute='age') | map(attribute='name') | join", "ls | sort", "ls | sort(reverse=true)", "ls | max", "ls | min", "rows | map(attribute='name') | unique | list", "rows | sum(attribute='age')", "rows | max(attribute='age')", "d | length", "s | length", "u | length", "u | upper", "u | lower", "u | title", "u | capitalize", "'ß' | upper", "'İ' | lower", "'ΑΣ' | lower", "'ﬁ' | upper", "'ǆ' | title", "\"it's o'neil\" | title", "'a-b_c d1e' | title", "'HELLO wORLD' | capitalize", "'éA' | capitalize", "'a1b' | capitalize",
                "'<' + ('<b>' | safe)", "('<b>' | safe) + '<'", "('<b>' | safe) + ('<' | safe) + '&\"'", "('<b>' | safe) ~ '<' ~ 1", "(('<b>' | safe) ~ '<') + '<'", "('<b>' | e | string) + '<'", "['<' | safe, '<'] | join('>')", "('<b>' | safe) + 1", "('<b> ' | safe).strip() + '<'", "'<%s' % ('<' | safe)", "'<' | safe | length", "('<' | safe) | tojson", "('<' | safe) * 2", "('<' | safe) == '<'", "'<' == ('<' | safe)", "('a<' | safe)[1:]", "('<' | safe) in '<a'", "('<' | safe) is string", "['<' | safe]",
                "'\\u3000x\\u00a0\\x1c\\x85' | trim", "'\\u200bx\\ufeff' | trim", "'\\x1fx' .strip()", "'a\\x1cb\\u2028c\\x0bd'.splitlines()", "'a\\r\\nb\\rc'.splitlines()", "'a\\nb\\n'.splitlines()", "'a\\nb\\n'.splitlines(true)", "'a\\x1cb\\u3000c'.split()"]
    # Tests.
    for name in ["boolean", "callable", "defined", "escaped", "even", "false", "filter", "float", "integer", "iterable", "lower", "mapping", "none", "None", "number", "odd", "sequence", "string", "test", "true", "undefined", "upper", "nonsense", "divisibleby(7)", "eq(7)", "eq 7.0", "equalto(7)", "ne(7)", "gt(1)", "ge(7)", "lt(9)", "le(7)", "greaterthan(1)", "lessthan(9)", "in([7, 's', none])", "in('Hello World!')", "sameas(none)", "sameas(true)", "sameas(7)", "not defined", "not none", "not in(l)", "==(7)", "eq('')", "in d"]:
        for a in ["s", "empty", "num", "n", "neg", "f", "whole", "yes", "no", "nil", "l", "d", "missing", "range", "range(3)", "'1'", "'A1'", "'ß'"]:
            yield f"{a} is {name}"
    yield from ["'upper' is filter", "'odd' is test", "'nope' is filter", "1 is sameas true", "1 is eq true", "0 is false", "s is in ['Hello World']", "n is number is true", "x is defined and x", "d.b is defined", "d['zz'] is not defined", "d.C is none", "d.C is defined", "messages[5] is defined", "(1, 2) is sequence", "d is sequence", "s is iterable", "s is mapping", "true is number", "true is integer", "1 is float", "d.items() is iterable", "d.keys() is sequence", "joiner is callable", "s.upper is callable", "namespace() is mapping", "loop is defined", "raise_exception is defined", "strftime_now is defined", "self is defined", "true is boolean"]
    # Methods of strings.
    for call in ["capitalize()", "casefold()", "center(15)", "center(16, '*')", "count('l')", "count('')", "count('o', 5)", "encode()", "endswith('d')", "endswith(('x', 'd'))", "endswith('')", "expandtabs()", "expandtabs(4)", "find('o')", "find('o', 5)", "find('zz')", "find('')", "format(1)", "index('o')", "index('zz')", "isalnum()", "isalpha()", "isascii()", "isdecimal()", "isdigit()", "isidentifier()", "islower()", "isnumeric()", "isprintable()", "isspace()", "istitle()", "isupper()", "join(['a', 'b'])", "join('xy')", "join([1])", "ljust(14)", "ljust(14, '.')", "lower()", "lstrip()", "lstrip('H ')", "partition('o')", "partition('zz')", "removeprefix('Hello')", "removesuffix('World')", "replace('o', '0')", "replace('o', '0', 1)", "replace('', '-')", "replace('o')", "rfind('o')", "rindex('o')", "rindex('zz')", "rjust(14)", "rpartition('o')", "rpartition('zz')", "rsplit()", "rsplit('o')", "rsplit('o', 1)", "rsplit(none, 1)", "rsplit(maxsplit=1)", "rstrip()", "rstrip('d ')", "split()", "split('o')", "split('o', 1)", "split(none, 1)", "split(maxsplit=1)", "split(sep='o')", "split('')", "split('o', maxsplit=1)", "split(' ')", "split('\\n')", "splitlines()", "splitlines(true)", "startswith('H')", "startswith(('x', 'H'))", "startswith('l', 2)", "startswith(1)", "startswith()", "strip()", "strip('Hd')", "strip(none)", "swapcase()", "title()", "upper()", "zfill(14)", "translate({})", "upper(1)", "split(1)", "strip(1)", "nope()", "replace('l', 'L', count=1)", "split('o')[0]", "split('o')[-1]", "split('o')[1:]", "split()[-1]"]:
        for a in STRINGS:
            yield f"{a}.{call}"
    yield from ["'{} {}'.format(1, 'a')", "'{0} {1} {0}'.format('a', 'b')", "'{x}'.format(x=1)", "'{:>5}'.format('a')", "'{:.2f}'.format(f)", "'{:05d}'.format(n)", "'{!r}'.format('a')", "'{{}}'.format()", "'{'.format()", "'{0.x}'.format(d)", "'{0[b]}'.format(d)", "'{:,}'.format(1234567)", "','.join(['a', 'b'])", "','.join(ls)", "', '.join(d)", "''.join([])", "','.join(messages | map(attribute='role'))", "'abc'.upper().lower().title()", "'a b'.split()[0].upper()", "'-5'.zfill(5)", "'aaa'.replace('a', 'b', -1)", "'aaa'.replace('a', 'b', 0)", "'mississippi'.strip('ipm')", "'<think>x</think>y'.split('</think>')[-1].lstrip('\\n')", "'a\\n\\n'.rstrip('\\n')", "'\\u00a0a\\u00a0'.strip()", "'x'.join('abc')", "'tEsT'.swapcase()", "'ab'.isalpha() and 'a1'.isalnum()", "'I\u0307'.casefold()", "'\u00b2'.isdigit()", "'\u00bd'.isnumeric()"]
    # Globals.
    yield from ["range(3)", "range(1, 4)", "range(0, 10, 3)", "range(5, 0, -2)", "range(0)", "range(1, 2, 0)", "range('a')", "range()", "range(3) | list", "range(2.5)", "range(200000)", "3 in range(5)", "range(3) == range(3)", "dict()", "dict(a=1, b='x')", "dict(b=2, a=1)", "dict([('a', 1)])", "dict(d, z=1)", "dict(a=1).items()", "dict({'b': 1}, c=2)", "namespace()", "namespace(a=1).a", "namespace(a=1).b", "namespace(a=1)", "namespace({'a': 1}).a", "cycler('a', 'b').next()", "cycler('a', 'b').current", "cycler()", "joiner(',')()", "lipsum is defined", "lipsum(n=0)", "raise_exception('x')", "raise_exception()", "cycler is callable", "nonsense(1)", "s()", "d()", "range", "dict", "tools", "undefined", "self", "varargs", "caller", "loop", "print(1)", "len(l)", "str(1)", "int('1')", "list(l)", "zip(l, l)", "enumerate(l)", "_('x')", "super()"]
    # What the grammar does not allow.
    yield from ["", "1 +", "(1", "1)", "[1", "{1}", "{'a'}", "a b", "1 2", "a.", "a[", "|", "a |", "a | 1", "a is", "'a", "a = 1", "a := 1", "lambda: 1", "[x for x in l]", "*l", "a ? b : c", "a && b", "!a", "a++", "1 <> 2", "1 === 1", "not", "if", "in", "and", "a.1", "1.2.3", "1..2", "a..b", "@", "$x", "a; b", "f(a=1, 2)", "f(*l)", "f(**d)", "range(*[1, 3])", "dict(**d)", "dict(**{'q': 1})", "d.get(*['b'])", "l[,]", "l[1,2]", "l[1:2,3]", "l[...]", "true()", "none.x", "`a`", "f'a'", "r'a\\n'", "b'a'", "a if", "x if y else", "(1 if no else)", "yes if yes", "1if yes else 2", "[1,,2]", "{,}", "{'a':}", "()()", "é", "_x", "__x__", "a.b.c.d", "0x", "1__0", "01", "00", "1_", "0_1", ".5", "5."]


def templates():
    for e in expressions():
        yield "{{ " + e + " }}"
    yield from STATEMENTS
    yield from space()


STATEMENTS = r"""
{% for x in l %}{{ x }}{% endfor %}
{% for x in le %}{{ x }}{% else %}none{% endfor %}
{% for x in missing %}{{ x }}{% endfor %}|
{% for x in missing %}{{ x }}{% else %}none{% endfor %}
{% for x in nil %}{{ x }}{% endfor %}
{% for x in n %}{{ x }}{% endfor %}
{% for x in s %}{{ x }}.{% endfor %}
{% for x in u %}{{ x }}.{% endfor %}
{% for x in d %}{{ x }}{% endfor %}
{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}
{% for k, v in d | items %}{{ k }}={{ v }};{% endfor %}
{% for k, v in d | dictsort %}{{ k }}={{ v }};{% endfor %}
{% for k, v in d %}{{ k }}={{ v }};{% endfor %}
{% for k, v in l %}{{ k }}={{ v }};{% endfor %}
{% for k, v in ['ab', 'cd'] %}{{ k }}={{ v }};{% endfor %}
{% for a, b, c in [[1, 2, 3]] %}{{ a }}{{ b }}{{ c }}{% endfor %}
{% for a, b in [[1, 2, 3]] %}{{ a }}{{ b }}{% endfor %}
{% for (a, b) in [[1, 2]] %}{{ a }}{{ b }}{% endfor %}
{% for a, (b, c) in [[1, [2, 3]]] %}{{ a }}{{ b }}{{ c }}{% endfor %}
{% for k in d.keys() %}{{ k }}{% endfor %}
{% for v in d.values() %}{{ v }}{% endfor %}
{% for x in range(3) %}{{ x }}{% endfor %}
{% for x in range(3) | reverse %}{{ x }}{% endfor %}
{% for x in l | sort %}{{ x }}{% endfor %}
{% for x in l[::-1] %}{{ x }}{% endfor %}
{% for x in (1, 2) %}{{ x }}{% endfor %}
{% for x in 1, 2 %}{{ x }}{% endfor %}
{% for x in [1, 2] if x > 1 %}{{ x }} {{ loop.index }}/{{ loop.length }}{% endfor %}
{% for x in l if x is odd %}{{ loop.index }}{{ x }}{% else %}none{% endfor %}
{% for x in l if x > 9 %}{{ x }}{% else %}none{% endfor %}
{% for k, v in d.items() if v %}{{ k }}{% endfor %}
{% for m in messages if m.role != 'system' and m.content %}{{ m.content }}{{ loop.first }}{{ loop.last }}{% endfor %}
{% for x in ls %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.depth }}{{ loop.depth0 }};{% endfor %}
{% for x in ls %}{{ loop.previtem }}<{{ x }}>{{ loop.nextitem }} {% endfor %}
{% for x in ls %}{{ loop.previtem is defined }}{{ loop.nextitem is defined }} {% endfor %}
{% for x in ls %}{{ loop.cycle('a', 'b') }}{% endfor %}
{% for x in ls %}{{ loop.cycle() }}{% endfor %}
{% for x in [1, 1, 2] %}{{ loop.changed(x) }}{% endfor %}
{% for x in l %}{{ loop.nope }}{% endfor %}
{% for x in l %}{{ loop['index'] }}{% endfor %}
{% for x in l %}{{ loop }}{% endfor %}
{% for x in l %}{% for y in ls %}{{ loop.index }}{{ loop.depth }}{% endfor %}{{ loop.index }};{% endfor %}
{% for x in l %}{% set outer = loop %}{% for y in ls %}{{ outer.index }}{% endfor %}{% endfor %}
{% for x in l %}{% if loop.first %}{% continue %}{% endif %}{{ x }}{% endfor %}
{% for x in l %}{% if x == 1 %}{% break %}{% endif %}{{ x }}{% endfor %}
{% for x in l %}{% break %}{% else %}none{% endfor %}
{% for x in l %}{% for y in l %}{% if y == 1 %}{% break %}{% endif %}{{ x }}{{ y }} {% endfor %}{% endfor %}
{% break %}
{% continue %}
{% for x in [[1, [2]], [3]] recursive %}({{ loop.depth }}{% if x is iterable %}{{ loop(x) }}{% else %}{{ x }}{% endif %}){% endfor %}
{% for x in [{'n': 1, 'c': [{'n': 2, 'c': []}]}] recursive %}{{ x.n }}{{ loop.depth0 }}{% if x.c %}[{{ loop(x.c) }}]{% endif %}{% endfor %}
{% for x in l %}{{ loop(l) }}{% endfor %}
{% for x in l %}{{ x }}{% endfor %}{{ x }}
{% for x in l %}{% set y = x %}{% endfor %}{{ y }}
{% set y = 0 %}{% for x in l %}{% set y = y + x %}{{ y }} {% endfor %}{{ y }}
{% set ns = namespace(y=0) %}{% for x in l %}{% set ns.y = ns.y + x %}{% endfor %}{{ ns.y }}
{% set ns = namespace() %}{% set ns.a = 1 %}{{ ns.a }}{{ ns.b }}
{% set ns = namespace(a=1) %}{% set ns['a'] = 2 %}{{ ns.a }}
{% set ns = namespace(_a=1) %}
{% set ns = namespace() %}{% set ns._a = 1 %}
{% set d.b = 5 %}{{ d.b }}
{% set missing.b = 5 %}
{% set a, b = 1, 2 %}{{ a }}{{ b }}
{% set a, b = [1, 2] %}{{ a }}{{ b }}
{% set a, b = [1] %}
{% set (a, b) = (1, 2) %}{{ a }}{{ b }}
{% set a = 1, 2 %}{{ a }}
{% set a = b = 1 %}
{% set a %}x{{ n }}{% endset %}{{ a }}{{ a | length }}
{% set a | upper %}x{{ n }}{% endset %}{{ a }}
{% set a | upper | replace('X', 'y') %}x{{ n }}{% endset %}{{ a }}
{% set ns = namespace() %}{% set ns.t %}abc{% endset %}{{ ns.t }}
{% set a %}<b>{% endset %}{{ a | e }}{{ a ~ '<' }}{{ a + '<' }}
{% if yes %}a{% endif %}
{% if no %}a{% elif yes %}b{% else %}c{% endif %}
{% if no %}a{% elif no %}b{% else %}c{% endif %}
{% if missing %}a{% else %}b{% endif %}
{% if missing.x %}a{% else %}b{% endif %}
{% if d.nope %}a{% else %}b{% endif %}
{% if l %}a{% endif %}{% if le %}b{% endif %}{% if d %}c{% endif %}{% if de %}d{% endif %}{% if 0.0 %}e{% endif %}{% if '' %}f{% endif %}{% if ' ' %}g{% endif %}{% if range(0) %}h{% endif %}{% if () %}i{% endif %}
{% if yes %}{% set q = 1 %}{% endif %}{{ q }}
{% if yes %}a{% elseif no %}b{% endif %}
{% if yes %}a{% else if no %}b{% endif %}
{% if yes %}a
{% if yes %}a{% endfor %}
{% endif %}
{% else %}
{% for x in l %}a
{% if %}a{% endif %}
{% for %}a{% endfor %}
{% for x %}a{% endfor %}
{% for x in %}a{% endfor %}
{% set %}
{% set a %}
{% set a = %}
{% set a = 1 2 %}
{% set 1 = 2 %}
{% set none = 2 %}
{% set true = 2 %}{{ true }}
{% nonsense %}
{% %}
{%%}
{{}}
{{ }}
{% macro m() %}x{% endmacro %}{{ m() }}
{% macro m(a, b=2) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}{{ m(1, 3) }}{{ m(b=4, a=5) }}{{ m() }}
{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}
{% macro m(a) %}{{ a }}{% endmacro %}{{ m(b=2) }}
{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, a=2) }}
{% macro m(a) %}{{ a }}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, b=3) }}
{% macro m(a) %}{{ a is defined }}{% endmacro %}{{ m() }}{{ m(none) }}
{% macro m(a, b=a) %}{{ b }}{% endmacro %}{{ m(1) }}
{% macro m(a=[]) %}{{ a }}{% endmacro %}{{ m() }}
{% macro m(a=1, b) %}{{ a }}{{ b }}{% endmacro %}{{ m(2) }}
{% macro m() %}{{ n }}{{ q }}{% endmacro %}{% set q = 1 %}{{ m() }}
{% set q = 1 %}{% macro m() %}{{ q }}{% endmacro %}{% set q = 2 %}{{ m() }}
{% for x in l %}{% macro m() %}{{ x }}{% endmacro %}{{ m() }}{% endfor %}
{% macro m(x) %}{{ m2(x) }}{% endmacro %}{% macro m2(x) %}<{{ x }}>{% endmacro %}{{ m(1) }}
{% macro m(x) %}{{ x }}{% if x > 0 %}{{ m(x - 1) }}{% endif %}{% endmacro %}{{ m(3) }}
{% macro m() %}{% set z = 5 %}{% endmacro %}{{ m() }}{{ z }}
{% macro m() %} x {% endmacro %}{{ m() | trim | upper }}{{ m().strip() }}
{% macro m() %}x{% endmacro %}{{ m }}{{ m.name }}
{% macro m(a, b) %}x{% endmacro %}{{ m.name }}{{ m.arguments }}
{{ m() }}{% macro m() %}x{% endmacro %}
{% macro m() %}{{ caller() }}{% endmacro %}{% call m() %}body{{ n }}{% endcall %}
{% macro m() %}{{ caller(1, b=2) }}{% endmacro %}{% call(a, b) m() %}{{ a }}{{ b }}{% endcall %}
{% macro m() %}{{ caller(1) }}{% endmacro %}{% call(a, b=9) m() %}{{ a }}{{ b }}{% endcall %}
{% macro m() %}{{ caller is defined }}{% endmacro %}{{ m() }}
{% macro m() %}{{ caller() }}{% endmacro %}{{ m() }}
{% macro m() %}x{% endmacro %}{% call m() %}body{% endcall %}
{% macro m(x) %}{{ x }}{{ caller() }}{% endmacro %}{% call m(3) %}{% set q = 4 %}{{ q }}{% endcall %}{{ q }}
{% call s.upper() %}x{% endcall %}
{% filter upper %}a{{ s }}{% endfilter %}
{% filter replace('a', 'b') | upper %}a{% endfilter %}
{% filter nonsense %}a{% endfilter %}
{% filter indent(2) %}a
b{% endfilter %}
{% with a = 1 %}{{ a }}{% endwith %}{{ a }}
{% with a = 1, b = 2 %}{{ a }}{{ b }}{% endwith %}
{% with a = n %}{% set n = 3 %}{{ a }}{{ n }}{% endwith %}{{ n }}
{% with %}{% set q = 1 %}{{ q }}{% endwith %}{{ q }}
{% block a %}x{{ n }}{% endblock %}
{% block a %}x{% endblock a %}
{% for x in l %}{% block b scoped %}{{ x }}{% endblock %}{% endfor %}
{% for x in l %}{% block b %}{{ x }}{% endblock %}{% endfor %}
{% block a %}{% set q = 1 %}{% endblock %}{{ q }}
{% block a %}x{% endblock %}{{ self.a() }}
{% raw %}{{ n }}{% if %}{% endraw %}
{%- raw -%} {{ n }} {%- endraw -%} x
{% raw %}a
{% autoescape true %}{{ quote }}{% endautoescape %}
{% autoescape false %}{{ quote }}{% endautoescape %}
{% include 'x' %}
{% include 'x' ignore missing %}
{% import 'x' as y %}
{% from 'x' import y %}
{% extends 'x' %}
{% do l.append(1) %}
{% trans %}x{% endtrans %}
{% debug %}
{% generation %}x{{ n }}{% endgeneration %}
{% generation %}{% set q = 1 %}{{ q }}{% endgeneration %}{{ q }}
{% for x in l %}{% generation %}{{ x }}{{ loop.index }}{% endgeneration %}{% endfor %}
{% for x in l %}{% generation %}{% if x == 1 %}{% break %}{% endif %}{{ x }}{% endgeneration %}{% endfor %}
{% set x = 1 %}{% generation %}{% set x = 2 %}{{ x }}{% endgeneration %}{{ x }}
{# comment #}a{# {{ n }} #}
a {#- comment -#} b
{# unclosed
{{ n
{% if yes
a }} b %} c #} d
{ { n } }
{{ '}}' }}{{ '{{' }}{{ '%}' }}
{{ {'a': {'b': 1}}.a.b }}
{{ {'a': 1}}}
{{{'a': 1}}}
{{ "{{ x }}" }}
{{ n }}{{ n -}} {{- n }}
{{ n
 + 1 }}
{% if yes
   and n %}x{% endif %}
{% set x = [
  1,
  2
] %}{{ x }}
{% set x = 5 %}{% for x in l %}{{ x }}{% endfor %}{{ x }}
{% for n in l %}{{ n }}{% endfor %}{{ n }}
{% for loop in l %}{{ loop }}{% endfor %}
{% set loop = 5 %}{{ loop }}
{% set x = x | default(3) %}{{ x }}
{% set messages = messages[1:] %}{{ messages[0].role }}
{% for m in messages %}{% set messages = 1 %}{% endfor %}{{ messages | length }}
{% if messages[0]['role'] == 'system' %}{% set sys = messages[0]['content'] %}{% set rest = messages[1:] %}{% else %}{% set rest = messages %}{% endif %}{{ sys }}{% for m in rest %}{{ m.role }}{% endfor %}
{% for m in messages %}{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}x{% endif %}{{ m['content'] | trim + '<eos>' }}{% endfor %}
{{ '<' + 'a' + '>' + messages[0].content }}
{{ raise_exception('no ' + s) }}
{% if no %}{{ raise_exception('no') }}{% endif %}ok
{% set j = joiner(', ') %}{{ j() }}a{{ j() }}b{{ j() }}c
{% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.next() }}{{ c.next() }}{{ c.current }}{{ c.reset() }}{{ c.next() }}
{% set x = {'a': [1, 2]} %}{% for k, v in x.items() %}{{ k }}{{ v[0] }}{% endfor %}
{% set x = dict(a=1) %}{{ x.a }}{{ x['a'] }}{{ x.get('a') }}
{% set f2 = s.upper %}{{ f2() }}
{% set g = d.get %}{{ g('b') }}
{{ [1, 2, 3] | map('string') | join('+') }}={{ [1, 2, 3] | sum }}
{% set x = namespace(v=[]) %}{% for i in range(3) %}{% set x.v = x.v + [i] %}{% endfor %}{{ x.v }}
{% set x = namespace(v={}) %}{% set x.v = dict(x.v, a=1) %}{{ x.v }}
{% set x = namespace(a=1, b=2) %}{{ x.a + x.b }}{% if x.c is not defined %}!{% endif %}
{{ ns.x }}
{% set ns = namespace(found=false) %}{% for m in messages[::-1] %}{% if not ns.found and m.role == 'user' %}{% set ns.found = true %}{{ m.content }}{% endif %}{% endfor %}{{ ns.found }}
{% for m in messages %}{{ m['role'] }}{% if not loop.last %},{% endif %}{% endfor %}
{% for r in rows | groupby('name') %}{{ r.grouper }}:{{ r.list | length }};{% endfor %}
{% for name, list in rows | groupby('name') %}{{ name }}:{{ list | length }};{% endfor %}
{% for row in [1, 2, 3, 4, 5] | batch(2, '-') %}{{ row | join }};{% endfor %}
{% for x in l | map('string') %}{{ x }}{{ loop.length }}{{ loop.last }}{% endfor %}
{% for x in ls | select('in', ['a', 'b']) %}{{ loop.index }}{{ x }}{% endfor %}
{% set it = l | map('string') %}{{ it | list }}{{ it | list }}
{% set it = d.items() %}{{ it | list }}{{ it | list }}{{ it | length }}
{% set k = d.keys() %}{{ k | list }}{{ 'b' in k }}{{ k | length }}
{% print n %}
{% set a = 'x' if yes else 'y' %}{{ a }}
{% set a = (n > 3) and not no %}{{ a }}
{% if n > 3 and (s or missing) %}x{% endif %}
{% if not (n is defined and n is none) %}x{% endif %}
{% if 'a' in s or 'o' in s %}x{% endif %}
{% if messages[0].role not in ['user'] %}x{% endif %}
{% if messages[0].tool_calls is defined and messages[0].tool_calls %}x{% else %}y{% endif %}
{% if messages[0].tool_calls is not none %}x{% else %}y{% endif %}
{% if messages[0].tool_calls | length > 0 %}x{% else %}y{% endif %}
{% if messages[0]['content'] is string %}x{% endif %}
{% if messages[0].content is iterable and messages[0].content is not string %}x{% endif %}
{{ messages[0].content[0] }}{{ messages[0].content.text }}
{{ messages[2].content or 'nothing' }}
{{ messages[0].name | default(messages[0].role) }}
{{ (messages | last).role }}{{ (messages | first)['role'] }}
{{ messages | selectattr('role', 'equalto', 'user') | list | last | tojson }}
{% set x %}{{ '<' | safe }}{% endset %}{{ x + '<' }}
{% if no %}{{ x | nonsense }}{{ x is nonsense }}{% endif %}{% if yes %}a{% else %}{{ x | nonsense }}{% endif %}
{% if yes %}{{ x | nonsense }}{% endif %}
{% if no %}{% for x in l %}{{ x | nonsense }}{% endfor %}{% endif %}
{% if no %}{% set x %}{{ x | nonsense }}{% endset %}{% endif %}
{{ (x | nonsense) if no else 1 }}
{% for x in le + [1] %}{{ n }}{% endfor %}{% set n = 1 %}{{ n }}
{{ n }}{% for x in le + [1] %}{{ n }}{% endfor %}{% set n = 1 %}{{ n }}
{% filter upper %}{{ s }}{% endfilter %}{% set s = 1 %}
{% set q %}{{ s }}{% endset %}{% set s = 1 %}{{ q }}
{% macro m() %}{{ s }}{% endmacro %}{{ m() }}{% set s = 1 %}{{ m() }}
{% macro m() %}{{ s }}{% endmacro %}{{ m() }}{% if yes %}{% set s = 1 %}{% endif %}{{ m() }}
{% macro m() %}{{ s }}{% endmacro %}{{ m() }}{% if yes %}{% set s = 1 %}{% else %}{% set s = 2 %}{% endif %}{{ m() }}
{% macro m() %}{{ s }}{% endmacro %}{{ m() }}{% if yes %}{% set s = 1 %}{% elif no %}{% set s = 3 %}{% else %}{% set s = 2 %}{% endif %}{{ m() }}
{% macro m() %}{{ s }}{% endmacro %}{{ m() }}{% if yes %}{% set s = 1 %}{% elif no %}{% set s = 3 %}{% elif no %}{% else %}{% set s = 2 %}{% endif %}{{ m() }}
{% for x in l %}{% if loop.last %}{% set n = 5 %}{% endif %}{{ n }}{% endfor %}
{% for x in l %}{% for y in l %}{{ n }}{% endfor %}{% set n = 5 %}{{ n }}{% endfor %}{{ n }}
{% for x in l %}{% for y in l %}{{ n }}{% endfor %}{% set n = 5 %}{% endfor %}
{% for n in l %}{{ n }}{% endfor %}{{ n }}{% set n = 2 %}
{% with n = n %}{{ n }}{% set n = 3 %}{% endwith %}{{ n }}
{% with %}{% for x in l %}{{ n }}{% endfor %}{% set n = 3 %}{% endwith %}
{% macro m() %}{% for x in l %}{{ n }}{% endfor %}{% set n = 3 %}{{ n }}{% endmacro %}{{ m() }}
{% call(n) m() %}{% endcall %}{% macro m() %}{% endmacro %}
{% generation %}{{ n }}{% endgeneration %}{% set n = 2 %}
{% if n %}{% for x in l %}{{ n }}{% endfor %}{% set n = 2 %}{% endif %}
{% if yes %}{% for x in l %}{{ n }}{% endfor %}{% set n = 2 %}{% endif %}
{% for m in messages %}{{ messages | length }}{% endfor %}{% set messages = [] %}
{% for m in l %}{{ messages | length }}{% endfor %}{% set messages = [] %}
{% set ns.a = 1 %}{% set ns = namespace() %}
{% for x in l %}{{ ns.a }}{% endfor %}{% set ns = namespace(a=1) %}
{{- bos_token }}{{ eos_token }}
{{ 'a' if bos_token is defined }}
""".strip("\n").split("\n")
STATEMENTS = [line.replace("{% filter indent(2) %}a", "{% filter indent(2) %}a\nb{% endfilter %}") for line in STATEMENTS if line != "b{% endfilter %}"]


def joined(lines):
    """Multi-line templates of the list above, which begin at an open tag."""
    out = []
    for line in lines:
        if out and line and (line[0] in " ]"):
            out[-1] += "\n" + line
        else:
            out.append(line)
    return out


STATEMENTS = joined(STATEMENTS)


def space():
    """White space control: marks on either side of every kind of tag."""
    for left, right in itertools.product(["", "-", "+"], ["", "-", "+"]):
        for before, after in [("a", "b"), ("a ", " b"), ("a\n", "\nb"), ("a \n  ", "  \n b"), ("a\n\n", "\n\nb"), ("", ""), ("\t", "\n"), ("a\u00a0", "\u00a0b"), ("x\n \t", " \t\ny")]:
            yield before + "{%" + left + " if yes " + right + "%}" + after + "{% endif %}"
            yield before + "{{" + left + " n " + right + "}}" + after if right != "+" else before + "{{" + left + " n }}" + after
            yield before + "{#" + left + " c " + right + "#}" + after
            yield before + "{%" + left + " for x in l " + right + "%}" + after + "{%" + right + " endfor " + left + "%}" + after
    yield from ["a\r\nb\rc\n", "a\n", "a\n\n", "\na", "  {% if yes %}\n  x\n  {% endif %}\n  y", "  {% set x = 1 %}  \n{{ x }}", "{% set x %}\n a \n{% endset %}[{{ x }}]", "{{ n }}\n", "{{ n }}\n\n", "x{% raw %}\n a {% endraw %}\n b", "  {% raw %} {{ }} {% endraw %}  \nx",
                "{% macro m() %}\n  a\n  {% endmacro %}\n[{{ m() }}]", "  {{ n }}  {% if yes %}x{% endif %}", "x  {% if yes %}y{% endif %}", "\n  {%- if yes %}\n y{%- endif %}\n", "{#\n multi\n#}\nx", "  {# c #}\nx", "  {# c #}  x", "{% if yes %}{% if yes %}\n\nx{% endif %}{% endif %}\ny", "\t{% if yes %}\t\nx", "{% if yes -%}\n\n  x  \n\n{%- endif %}", "{% if yes %}\r\nx\r\n{% endif %}\r\n", "{{ 'a\r\nb' }}", "\ufeffx", "a\u2028  {% if yes %}b{% endif %}", "a\x0b{%- if yes %}b{% endif %}", "a\x1c{%- if yes %}b{% endif %}", "a\u00a0{%- if yes %}b{% endif %}", "{{ n }}\x0c\n{% if yes %}\x0c\nb{% endif %}", "é{{ u }}\U0001f600", "a{{- ' ' -}}b", "a {{- n -}} b", "{%- for x in l -%}\n {{ x }} \n{%- endfor -%}\n", "{% for x in l %}\n{{ x }}\n{% endfor %}\n", "{%+ if yes +%}\nx{%+ endif +%}\n"]


class Random:
    """Templates put together at random from what the grid has one by one."""

    def __init__(self, seed):
        self.r = random.Random(seed)
        whole = [e for e in expressions() if len(e) < 60]
        self.filters = sorted({e.split(" | ", 1)[1] for e in whole if e.count(" | ") == 1 and " is " not in e})
        self.tests = sorted({e.split(" is ", 1)[1] for e in whole if " is " in e and " | " not in e})
        self.methods = sorted({e.split(".", 1)[1] for e in whole if e.startswith(("s.", "d.", "l.")) and " " not in e.split("(")[0]})
        self.atoms = [*CONTEXT, "missing", "1", "0", "-3", "2.5", "''", "'a b'", "' x\\n'", "'%s'", "true", "none", "[]", "[1, 'a']", "(1, 2)", "{'a': 1, 'b': [2]}", "range(4)", "messages[0]", "messages[1].content", "rows[0]", "loop.index", "x", "y", "ns.a", "m", "m()", "m(1, 2)", "m(b=3)"]

    def expression(self, depth=0):
        r = self.r
        if r.random() < 0.8:  # of a type that the operation takes, so that Jinja2 seldom refuses
            return r.choice([self.text, self.number, self.sequence, self.truth])(depth)
        e, d = self.expression, depth + 1
        if depth > 3 or r.random() < 0.2:
            return r.choice(self.atoms)
        return r.choice([
            lambda: f"{e(d)} {r.choice(['+', '-', '*', '/', '//', '%', '~', '~', '==', '!=', '<', '<=', '>', '>=', 'in', 'not in', 'and', 'or'])} {e(d)}",
            lambda: f"({e(d)}) | {r.choice(self.filters)}", lambda: f"{e(d)} | {r.choice(self.filters)}", lambda: f"({e(d)}) is {r.choice(self.tests)}", lambda: f"({e(d)}).{r.choice(self.methods)}",
            lambda: f"({e(d)})[{e(d)}]", lambda: "{'k': " + e(d) + ", " + r.choice(["'a'", "n", "1.0", "yes"]) + ": " + e(d) + "}", lambda: f"namespace(a={e(d)}).a",
        ])()

    def text(self, depth=0):
        r, d, e, t, n, q = self.r, depth + 1, self.expression, self.text, self.number, self.sequence
        if depth > 3 or r.random() < 0.2:
            return r.choice(["s", "pad", "u", "num", "lines", "quote", "'a'", "' x\\n'", "messages[0].role", "messages[-1]['content']", "rows[0].name", "m()", "''"])
        return r.choice([
            lambda: f"{t(d)} + {t(d)}", lambda: f"{e(d)} ~ {e(d)}", lambda: f"({e(d)}) | string", lambda: f"({e(d)}) | tojson{r.choice(['', '(indent=2)', '(sort_keys=true)', '(ensure_ascii=true)'])}",
            lambda: f"({t(d)}) | {r.choice(['upper', 'lower', 'title', 'trim', 'capitalize', 'indent', 'indent(2, true)', 'replace(' + repr('o') + ', ' + repr('0') + ')', 'truncate(9)', 'center(12)', 'first', 'last', 'reverse'])}",
            lambda: f"({t(d)}).{r.choice(['upper()', 'strip()', 'rstrip()', 'split()[0]', 'split(' + repr('o') + ')[-1]', 'replace(' + repr('l') + ', ' + repr('') + ', 1)', 'lower()', 'title()', 'zfill(9)', 'removeprefix(' + repr('H') + ')', 'rpartition(' + repr(' ') + ')[2]', 'ljust(9)'])}",
            lambda: f"({t(d)})[{r.choice(['', '1', '-1', 'n', '-3'])}:{r.choice(['', '2', '-1', '9'])}{r.choice(['', '', ':-1', ':2'])}]", lambda: f"({q(d)}) | join({r.choice(['', repr(','), 'n'])})", lambda: f"{t(d)} * ({n(d)} | int % 3)",
            lambda: f"'%s|%5.2f' % ({e(d)}, {n(d)})", lambda: f"'{{}}-{{}}'.format({e(d)}, {e(d)})", lambda: f"({t(d)} if {e(d)} else {t(d)})", lambda: f"({e(d)} or {t(d)}) | default({t(d)}, true)",
        ])()

    def number(self, depth=0):
        r, d, e, t, n, q = self.r, depth + 1, self.expression, self.text, self.number, self.sequence
        if depth > 3 or r.random() < 0.2:
            return r.choice(["n", "neg", "f", "whole", "1", "3", "0", "2.5", "tiny", "yes", "loop.index", "rows[1].age"])
        return r.choice([
            lambda: f"({n(d)} {r.choice(['+', '-', '*'])} {n(d)})", lambda: f"({n(d)}) {r.choice(['//', '%', '/'])} {r.choice(['3', '-2', '2.5', 'neg'])}", lambda: f"({q(d)}) | length", lambda: f"({t(d)}) | length", lambda: f"({t(d)}) | int", lambda: f"({t(d)}) | float",
            lambda: f"({n(d)}) | {r.choice(['abs', 'int', 'float', 'round', 'round(1)', 'round(1, ' + repr('floor') + ')'])}", lambda: f"-({n(d)})", lambda: f"({t(d)}).{r.choice(['find', 'count'])}({t(d)})", lambda: f"({q(d)}) | map('string') | map('length') | {r.choice(['sum', 'max', 'min', 'first'])}",
        ])()

    def sequence(self, depth=0):
        r, d, e, t, n, q = self.r, depth + 1, self.expression, self.text, self.number, self.sequence
        if depth > 3 or r.random() < 0.2:
            return r.choice(["l", "ls", "le", "mix", "d", "rows", "messages", "range(4)", "[1, 'a']", "(1, none)", "d.items()", "d.keys()", "d.values()", "s"])
        return r.choice([
            lambda: f"[{e(d)}, {e(d)}]", lambda: f"({e(d)}, {e(d)})", lambda: f"({q(d)}) | list", lambda: f"(({q(d)}) | list)[{r.choice(['', '1', '-1'])}:{r.choice(['', '2', '-1'])}{r.choice(['', ':-1'])}]", lambda: f"({q(d)}) | list + [{e(d)}]", lambda: f"({t(d)}).{r.choice(['split()', 'splitlines()', 'split(' + repr('l') + ', 1)', 'partition(' + repr('o') + ')'])}",
            lambda: f"({q(d)}) | map({r.choice(['attribute=' + repr('name'), repr('string'), repr('tojson'), 'attribute=' + repr('role') + ', default=0', repr('default') + ', 1, true'])}) | {r.choice(['list', 'sort', 'join', 'first', 'unique | list', 'batch(2) | list'])}",
            lambda: f"({q(d)}) | {r.choice(['select', 'reject'])}({r.choice(['', repr('string'), repr('number'), repr('none'), repr('in') + ', l', repr('eq') + ', ' + e(d)])}) | list", lambda: f"rows | {r.choice(['selectattr', 'rejectattr'])}({r.choice([repr('tag'), repr('name') + ', ' + repr('eq') + ', ' + t(d), repr('age') + ', ' + repr('gt') + ', ' + n(d)])}) | list",
            lambda: f"({q(d)}) | map('string') | {r.choice(['sort', 'unique | list', 'sort(reverse=true)', 'groupby(0)', 'batch(2, 1) | list', 'slice(2) | list', 'reverse | list', 'list'])}", lambda: "{'k': " + e(d) + ", 'a': " + e(d) + "}",
        ])()

    def truth(self, depth=0):
        r, d, e, t, n, q = self.r, depth + 1, self.expression, self.text, self.number, self.sequence
        return r.choice([
            lambda: f"({n(d)} {r.choice(['<', '<=', '>', '>='])} {n(d)})", lambda: f"({t(d)} {r.choice(['<', 'in', 'not in', '=='])} {t(d)})", lambda: f"({e(d)} {r.choice(['==', '!='])} {e(d)})", lambda: f"({e(d)} in {q(d)})", lambda: f"not {e(d)}", lambda: f"({e(d)} {r.choice(['and', 'or'])} {e(d)})", lambda: f"({e(d)}) is {r.choice(['string', 'defined', 'none', 'mapping', 'iterable', 'number', 'sequence', 'not none', 'true', 'integer'])}",
            lambda: f"({t(d)}).{r.choice(['startswith', 'endswith'])}({t(d)})", lambda: f"({n(d)} | int) is {r.choice(['odd', 'even', 'divisibleby 3'])}",
        ])()

    def statement(self, depth=0):
        r, e, s = self.r, self.expression, self.body
        d = depth + 1
        if depth > 2:
            return "{{ " + e(1) + " }}"
        mark = lambda: r.choice(["", "", "-"])
        tag = lambda text: "{%" + mark() + " " + text + " " + mark() + "%}"
        return r.choice([
            lambda: "{{" + mark() + " " + e() + " " + mark() + "}}", lambda: r.choice(["a", " b ", "\n", "\n  ", " \n\n c", "{# c #}", "{#- c -#}"]),
            lambda: tag(f"if {e(2)}") + s(d) + r.choice(["", tag("else") + s(d), tag(f"elif {e(2)}") + s(d)]) + tag("endif"),
            lambda: tag(f"for x in {r.choice(['l', 'ls', 'rows', 'messages', 'd', 'range(3)', 's', e(2)])}" + r.choice(["", "", f" if {e(3)}"])) + s(d) + r.choice(["", "", tag("else") + s(d), tag("if " + e(3)) + tag(r.choice(["break", "continue"])) + tag("endif") + s(d)]) + tag("endfor"),
            lambda: tag(f"for x, y in {r.choice(['d.items()', 'd | items', 'd | dictsort', 'rows | groupby(' + repr('name') + ')', e(2)])}") + s(d) + tag("endfor"),
            lambda: tag(f"set {r.choice(['x', 'y', 'n', 'ns.a', 'x, y'])} = {e(2)}"), lambda: tag("set x") + s(d) + tag("endset"), lambda: tag(f"with x = {e(2)}") + s(d) + tag("endwith"),
            lambda: tag(r.choice(["macro m()", "macro m(x, b=2)", "macro m(x=n)", "macro m(y=1, b=x)"])) + s(d) + tag("endmacro"), lambda: tag("call m()") + s(d) + tag("endcall"), lambda: tag(f"filter {r.choice(['upper', 'trim', 'indent(2)'])}") + s(d) + tag("endfilter"),
            lambda: tag("generation") + s(d) + tag("endgeneration"), lambda: "{{ loop." + r.choice(["index", "last", "length", "revindex", "previtem", "nextitem", "depth", "cycle(1, 2)", "changed(x)"]) + " }}", lambda: "{{ ns.a }}{{ x }}{{ y }}",
        ])()

    def body(self, depth):
        return "".join(self.statement(depth) for _ in range(self.r.randint(1, 3)))

    def templates(self, count):
        for i in range(count):
            yield "{{ " + self.expression() + " }}" if i % 2 else "{% set ns = namespace(a=0) %}" + self.body(0)


def main():
    warnings.simplefilter("ignore")
    seen = {}
    for source in Random(int(sys.argv[1])).templates(int(sys.argv[2])) if len(sys.argv) > 2 else templates():
        if source in seen:
            continue
        try:
            text = _compile_jinja_template(source).render(**copy.deepcopy(CONTEXT))
        except RecursionError:
            continue
        except Exception:
            text = None
        if text is not None and (" at 0x" in text or len(text) > 2000):  # an address, which means nothing
            text = None if " at 0x" in text else text
        seen[source] = text
    print(len(seen), "cases,", sum(t is None for t in seen.values()), "refused", file=sys.stderr)
    cases = ",\n".join(json.dumps([source, text], ensure_ascii=False) for source, text in seen.items())
    print('{"context": ' + json.dumps(CONTEXT, ensure_ascii=False) + ',\n"cases": [\n' + cases + "\n]}")


if __name__ == "__main__":
    main()
