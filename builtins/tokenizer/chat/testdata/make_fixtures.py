"""Renders the templates beside this file with transformers, for chat_test.go.

    python make_fixtures.py > rendered.json

transformers 5.23, jinja2 3.1.6. "renderings" are {"template", "conversation",
"options", "text"} or, where the template refuses the conversation, "error".
The date is fixed. odd.jinja is written by this script.
"""

import datetime
import json
from pathlib import Path

from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast
from transformers.utils import chat_template_utils

HERE = Path(__file__).parent
SPECIAL = {"bos_token": "<BOS>", "eos_token": "<EOS>"}


class Fixed(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls(2026, 3, 5, 7, 8, 9)


chat_template_utils.datetime = Fixed


def turns(*texts, system=None):
    messages = [{"role": "system", "content": system}] if system is not None else []
    return messages + [{"role": ("user", "assistant")[i % 2], "content": text} for i, text in enumerate(texts)]


CONVERSATIONS = {
    "one": turns("What is 2 + 2?"),
    "one with system": turns("What is 2 + 2?", system="Answer briefly."),
    "three": turns("First?", "A", "Second?", "B", "Third?"),
    "three with system": turns("First?", "A", "Second?", "B", "Third?", system="  Be terse. \n"),
    "white space": turns("  spaces around\n\n", "\n answer \n", "\ttab "),
    "unicode": turns("Wie heißt 東京? \U0001f600 \u00a0", "Tōkyō", "é e\u0301 ﬁ"),
    "quotes and markup": turns("a \"b\" 'c' <d> & {{ e }} {% f %} \\n \\", "<|im_end|> & </s>", "{# g #}"),
    "empty": turns("", "", ""),
    "answered": turns("First?", "Done."),
    "answered with trailing space": turns("First?", "Done. "),
    "thought": turns("First?", "<think>\nhmm\n</think>\n\nA", "Second?"),
    "starts with assistant": [{"role": "assistant", "content": "A"}, {"role": "user", "content": "B"}],
    "two users": [{"role": "user", "content": "A"}, {"role": "user", "content": "B"}],
    "two systems": [*turns("A", system="one"), {"role": "system", "content": "two"}],
    "unknown role": [{"role": "critic", "content": "A"}],
}

OPTIONS = [
    {"add_generation_prompt": True},
    {"add_generation_prompt": False},
    {"add_generation_prompt": True, "enable_thinking": False},
    {"add_generation_prompt": True, "enable_thinking": True},
    {"add_generation_prompt": False, "continue_final_message": True},
]

ODD = """{%- set ns = namespace(n=0) -%}
{%- for m in messages if m.role != 'system' -%}
  {%- if loop.index > 4 %}{% break %}{% endif -%}
  {%- set ns.n = ns.n + m.content | length -%}
  {{ loop.index }}/{{ loop.length }} {{ m.role | upper }}:{{ m.content | tojson }} {{ m | tojson }}
{% endfor %}
{% generation %}{{ ns.n }} {{ messages | map(attribute='role') | join(',') }} {{ messages[-1].content.split() }}{% endgeneration %}
    {% if true %}
  indented
    {% endif %}
{%- macro wrap(text, mark='*') -%}{{ mark ~ text ~ mark }}{%- endmacro %}
{{ wrap('a') }} {{ wrap('b', mark='_') }} {{ [1, 2, 3][::-1] }} {{ 7 // 2 }} {{ 7 % 4 }} {{ 'a' if messages | length > 1 else 'b' }}
{{ messages[0].content.replace('s', 'S') }} {{ 'x' in messages[0].content }} {{ messages[0].get('name', 'nobody') }}
{{ strftime_now('%d %b %Y %B %m %H:%M %A %j %%') }} {{ {'b': 1, 'a': [true, none, 1.5]} | tojson }}
"""


def main():
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.BPE()), **SPECIAL)
    templates = {p.stem: p.read_text(encoding="utf-8") for p in sorted((HERE / "templates").glob("*.jinja"))}
    templates["odd"] = ODD
    out = []
    for name, source in templates.items():
        for conversation, messages in CONVERSATIONS.items():
            for options in OPTIONS:
                entry = {"template": name, "conversation": conversation, "options": options}
                try:
                    entry["text"] = tokenizer.apply_chat_template(messages, chat_template=source, tokenize=False, **options)
                except Exception as error:
                    entry["error"] = str(error).splitlines()[0][:200]
                out.append(entry)
    (HERE / "odd.jinja").write_text(ODD, encoding="utf-8")
    lines = ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in out)
    print('{"conversations": ' + json.dumps(CONVERSATIONS, ensure_ascii=False) + ',\n"renderings": [\n' + lines + "\n]}")


if __name__ == "__main__":
    main()
