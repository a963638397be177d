"""What a command's text may say, and what becomes of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.execution.definitions import Shell
from core.execution.template import FACT_NAMES, TemplateError, compile_template

VALUES = {"A": "x y", "N": "3", "job.id": "42", "command.name": "sync"}


def render(text: str, **more: str) -> str:
    return compile_template(text, Shell.SH).render(VALUES | more, {"TOKEN"})


def fault(text: str, shell: Shell = Shell.SH) -> TemplateError:
    with pytest.raises(TemplateError) as raised:
        compile_template(text, shell).render(VALUES, {"TOKEN"})
    return raised.value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "echo $HOME ${x} ${#array[@]} ${x%.txt} ${x#*/} {a,b} $((1+2))",
        "date +{%H}; git log --format='{%h}' --pretty={%s}; echo {%%} %}",
        "{#- no comment -#} }} %} #} {",
        "line\r\nline\r\n",
        "ends with line feeds\n\n",
        "# line statement\n## line comment",
    ],
)
def test_ordinary_shell_text_arrives_unchanged(text: str) -> None:
    assert compile_template(text, Shell.SH).render({}) == text
    with_tag = compile_template("{{ A }}\n" + text, Shell.SH).render(VALUES)
    assert with_tag == "'x y'\n" + text.replace("\r", "")


@given(
    text=st.text(st.characters(exclude_categories=["Cs", "Cn"])).filter(
        lambda text: "{{" not in text and "{%" not in text
    )
)
def test_any_text_without_tags_arrives_unchanged(text: str) -> None:
    assert compile_template(text, Shell.BASH).render({}) == text


@given(text=st.text(st.sampled_from("{}%#-+ raw\"'end\n")))
def test_a_text_is_rendered_or_refused_with_a_place(text: str) -> None:
    error: TemplateError | None = None
    try:
        compile_template(text, Shell.SH).render(VALUES)
    except TemplateError as raised:
        error = raised
    if error is not None:
        lines = text.split("\n")
        assert 1 <= error.line <= len(lines)
        assert 1 <= error.column <= len(lines[error.line - 1]) + 1
        assert str(error)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("echo {{ A }}", "echo 'x y'"),
        ("echo {{A}}{{N}}", "echo 'x y''3'"),
        ("echo {{ A | upper }} {{ A | replace('x', 'z') }}", "echo 'X Y' 'z y'"),
        ("{% if N == '3' %}three{% else %}other{% endif %}", "three"),
        ("{% for word in [A, N] %}{{ word }};{% endfor %}", "'x y';'3';"),
        ("{% set b = A ~ N %}{{ b }}", "'x y3'"),
        ("{{ N | int + 1 }}", "'4'"),
        ("{{ A[0] }}", "'x'"),
        ("{%- if N -%} yes {%- endif -%}", "yes"),
        ("{% raw %}awk '{{print $1}}' {% if %}{% endraw %} {{ N }}", "awk '{{print $1}}' {% if %} '3'"),
        ("{{ '}}' }} {{ \"{{\" }}", "'}}' '{{'"),
        ("{{ job.id }} {{ command.name }}", "'42' 'sync'"),
        ("{{ MISSING | default('d') }} {{ job.due_at | default(N) }}", "'d' '3'"),
        ("{% if MISSING is defined %}x{% endif %}{% if TOKEN %}y{% endif %}", "y"),
        ("echo {{ TOKEN }}", 'echo "$TOKEN"'),
        ("é {{ A }} 🎉", "é 'x y' 🎉"),
    ],
)
def test_placeholders_and_statements(text: str, expected: str) -> None:
    assert render(text) == expected


def test_a_value_that_looks_like_a_template_stays_a_value() -> None:
    for value in ("{{ TOKEN }}", "{% raw %}", "\ufdd01\ufdd1", "\ufdd00\ufdd1", "\ufdd2{ A }}"):
        assert render("{{ V }} {{ A }}", V=value) == f"'{value}' 'x y'"


@pytest.mark.parametrize(
    ("text", "words", "line", "column"),
    [
        ("echo {{ NOPE }}", ["unknown variable NOPE"], 1, 9),
        ("a\n  {{ A }} {{ NOPE }}", ["unknown variable NOPE"], 2, 14),
        ("{{ TOKN }}", ["unknown variable TOKN", "“TOKEN”"], 1, 4),
        ("{{ job.foo }}", ["unknown variable job.foo"], 1, 4),
        ("{{ job.due_at }}", ["unknown variable job.due_at", "default"], 1, 4),
        ("{{ job }}", ["job.id or job.attempt"], 1, 1),
        ("awk '{{print $1}}'", ["{% raw %}{{print $1}}{% endraw %}"], 1, 6),
        ("x\ndocker --format '{{.Names}}'", ["{% raw %}{{.Names}}{% endraw %}"], 2, 18),
        ("echo {{ A", ["never closed"], 1, 6),
        ("{% if A %}x", ["can't be read"], 1, 1),
        ("{% raw %}x", ["can't be read"], 1, 1),
        ("{% include 'x' %}", ["Only the statements"], 1, 1),
        ("{% macro m() %}{% endmacro %}", ["Only the statements"], 1, 1),
        ("{{ A }} {{ A }} {{ .b }} {{ A }}", ["{% raw %}{{ .b }}{% endraw %}"], 1, 17),
        ("{{ A }}{% if A %}{{ A }}", ["can't be read"], 1, 8),
        ("{% set x %}{{ A }}{% endset %}{{ x }}", ["Only the statements"], 1, 1),
        ("{{ range(3) }}", ["Only the statements"], 1, 1),
        ("echo {{ range(3) }} {% if %}", ["“{% if %}”", "got the end of the statement"], 1, 21),
        ("{{ range(3) }} {% if A %}y{% elif %}z{% endif %}", ["“{% elif %}” can't be read"], 1, 27),
        ("{{ A }} {{ }}", ["got the end of the placeholder"], 1, 9),
        ("{{ A | nofilter }}", ["nofilter"], 1, 1),
        ("{{ N | int / 0 }}", ["can't be worked out"], 1, 1),
        ("{{ TOKEN | upper }}", ["secret TOKEN"], 1, 1),
        ("{{ TOKEN ~ A }}", ["secret TOKEN"], 1, 1),
        ("{{ A\ufdd0 }}", ["U+FDD0"], 1, 5),
        ("cat <<E\n{{ A }}\nE", ["here-document"], 1 + 1, 1),
    ],
)
def test_a_fault_says_what_where_and_what_to_do(text: str, words: list[str], line: int, column: int) -> None:
    error = fault(text)
    assert all(word in str(error) for word in words), str(error)
    assert (error.line, error.column) == (line, column)


@pytest.mark.parametrize(
    ("text", "values", "words", "line", "column"),
    [
        ("echo {{ A }}\n  echo \\{{ A }}", {"A": "x"}, "right after a backslash", 2, 9),
        ("echo {{ A }}\necho $(( {{ A }} )) {{ B }}", {"A": "1", "B": "x"}, "", 0, 0),
        ("echo {{ B }}\necho {{ B }} $(( {{ A }} ))", {"A": "x", "B": "y"}, "whole numbers", 2, 18),
        ("echo {{ A }} \\\n  {{ B }}", {"A": "x", "B": "a\0"}, "NUL", 2, 3),
        ("echo {{ A }}\n\n {{ A | int + [] }}", {"A": "x"}, "can't be worked out", 3, 2),
        ("{% for x in [1, 2] %}\necho {{ x }}{% endfor %}\n{{ A.b }}", {"A": "x"}, "“.b” can't be read", 3, 1),
    ],
)
def test_a_value_that_can_not_stand_is_told_with_its_own_place(
    text: str, values: dict[str, str], words: str, line: int, column: int
) -> None:
    template = compile_template(text, Shell.BASH)
    if not words:
        assert template.render(values) == "echo '1'\necho $(( 1 )) 'x'"
        return
    with pytest.raises(TemplateError) as raised:
        template.render(values)
    assert words in str(raised.value)
    assert (raised.value.line, raised.value.column) == (line, column)


@pytest.mark.parametrize(
    "expression",
    [
        "A.__class__", "A['__class__']", "A.upper", "A.upper()", "job.__init__", "job['__class__']", "TOKEN.name",
        "TOKEN['name']", "A | attr('__class__')", "[A] | map(attribute='__class__') | first", "self", "[A]",
        "self._TemplateReference__context", "none", "{'a': A}",
        "loop", "A.format(1)", "'%s' | format(A)", "lipsum", "cycler", "namespace", "dict", "''.__class__.__mro__",
        "(1).__class__", "job.values", "none.__class__", "{}.keys", "TOKEN == 'x' or TOKEN.name",
    ],
)  # fmt: skip
def test_no_python_object_can_be_reached(expression: str) -> None:
    assert "class" not in str(fault(f"{{{{ {expression} }}}}")).replace("__class__", "")


def test_without_a_shell_a_value_stays_one_argument() -> None:
    template = compile_template("prog --a={{ A }} '{{ A }} b' {{ E }} {{ Q }} c\\ d", Shell.NONE)
    assert template.render_argv({"A": "x  y", "E": "", "Q": "\"'\\ $(x) *"}) == [
        "prog", "--a=x  y", "x  y b", "", "\"'\\ $(x) *", "c d",
    ]  # fmt: skip


@given(values=st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1))
def test_without_a_shell_any_values_are_the_arguments(values: list[str]) -> None:
    names = {f"V{number}": value for number, value in enumerate(values)}
    template = compile_template(" ".join(f"{{{{ {name} }}}}" for name in names), Shell.NONE)
    assert template.render_argv(names) == values


def test_without_a_shell_a_secret_is_refused() -> None:
    with pytest.raises(TemplateError, match="other users could read it") as raised:
        compile_template("prog {{ TOKEN }}", Shell.NONE).render_argv({}, {"TOKEN"})
    assert raised.value.column == 9


@pytest.mark.parametrize("text", ["prog 'unclosed", "  ", ""])
def test_without_a_shell_a_text_that_is_no_argv_is_refused(text: str) -> None:
    with pytest.raises(TemplateError):
        compile_template(text, Shell.NONE).render_argv({})


def test_a_form_learns_of_every_unknown_name_and_its_place() -> None:
    text = (
        "{{ A }} {{ X }}\n{{ 'X' }} {{ job.foo }} {{ job.id }} {{ X | upper }}\n{{ Y | default(Z) }}"
        "{% if W is defined %}{{ W | d('') }}{% endif %}{% for v in LIST %}{{ v }}{{ loop.index }}{% endfor %}"
        "{% raw %}{{ RAW }}{% endraw %}{{ A.foo }}"
    )
    unknown = compile_template(text, Shell.SH).unknown_names({"A", *FACT_NAMES})
    lines = text.split("\n")
    assert [(name, line) for name, line, _ in unknown] == [
        ("X", 1), ("job.foo", 2), ("X", 2), ("Z", 3), ("LIST", 3), ("A.foo", 3),
    ]  # fmt: skip
    assert all(lines[line - 1][column - 1 :].startswith(name) for name, line, column in unknown)


def test_a_text_without_tags_has_no_unknown_names() -> None:
    assert compile_template("echo $X ${#Y}", Shell.SH).unknown_names(()) == []
