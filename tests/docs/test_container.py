"""Dockerfile and compose.yaml as far as they can be checked without an engine: all they name is."""

from __future__ import annotations

import ast
import json
import re
import shlex
import tomllib
from typing import Any

import pytest
import typer
from django.urls import resolve
from docs_kit import ROOT, text_of
from ruamel.yaml import YAML

from interlock.cli.main import app

DOCKERFILE = text_of("Dockerfile")
COMPOSE: dict[str, Any] = YAML(typ="safe").load(text_of("compose.yaml"))
OURS = ("server", "worker")


def instructions() -> list[tuple[str, str]]:
    """Each instruction of the Dockerfile with what follows it, comments and line ends removed."""
    lines = [x for x in DOCKERFILE.splitlines() if not x.startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [
        (name, rest.strip())
        for name, _, rest in (x.partition(" ") for x in joined.splitlines() if x.strip())
    ]


def of(name: str) -> list[str]:
    return [rest for one, rest in instructions() if one == name]


def parsed(words: list[str]) -> Any:
    """The command that words are to the program; it is not run.

    Raises:
        click.UsageError: there is no such command or option.
    """
    command: Any = typer.main.get_command(app)
    name, rest = "interlock", list(words)
    while hasattr(command, "commands"):
        name = rest.pop(0)
        command = command.commands[name]
    return command.make_context(name, rest)


def test_every_instruction_is_one_and_the_last_stage_is_no_root() -> None:
    known = {"FROM", "ENV", "WORKDIR", "COPY", "RUN", "USER", "VOLUME", "EXPOSE", "STOPSIGNAL",
             "HEALTHCHECK", "ENTRYPOINT", "CMD"}  # fmt: skip
    names = [name for name, _ in instructions()]
    assert set(names) <= known
    last = len(names) - names[::-1].index("FROM")
    stage = instructions()[last:]
    (user,) = [rest for name, rest in stage if name == "USER"]
    assert user not in ("root", "0")
    assert any(name == "RUN" and rest.endswith(user) for name, rest in stage), "it is made"
    order = [name for name, _ in stage]
    assert order.index("USER") < order.index("ENTRYPOINT")


def test_what_is_copied_is_there_and_not_ignored() -> None:
    sources = [
        word
        for rest in of("COPY")
        if not rest.startswith("--from=")
        for word in shlex.split(rest)[:-1]
    ]
    assert sources
    kept = {x[1:] for x in text_of(".dockerignore").splitlines() if x.startswith("!")}
    for source in sources:
        assert (ROOT / source).exists(), source
        assert source.removeprefix("./") in kept, source
    assert kept == {x.removeprefix("./") for x in sources}


def test_what_the_wheel_takes_in_is_copied_before_it_is_built() -> None:
    project = tomllib.loads(text_of("pyproject.toml"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {*wheel["force-include"], "pyproject.toml", project["project"]["readme"],
              *project["project"]["license-files"], "src"}  # fmt: skip
    before = DOCKERFILE.partition("pip install --no-deps .")[0]
    copied = {x.removeprefix("./") for x in re.findall(r"^COPY (.*) \S+$", before, re.MULTILINE)
              for x in x.split()}  # fmt: skip
    assert needed <= copied
    assert "--require-hashes -r requirements.lock" in before


def test_what_the_image_runs_are_commands_of_the_program() -> None:
    assert json.loads(of("ENTRYPOINT")[0]) == ["interlock"]
    scripts = tomllib.loads(text_of("pyproject.toml"))["project"]["scripts"]
    assert "interlock" in scripts
    given = parsed(json.loads(of("CMD")[0])).params
    assert given["host"] == "0.0.0.0"
    assert of("EXPOSE") == [str(given["port"])]
    for name in OURS:
        assert parsed(COMPOSE["services"][name]["command"]).params is not None
    with pytest.raises(Exception, match="No such option"):
        parsed(["serve", "--hosts", "x"])


def test_the_health_check_asks_an_address_that_there_is() -> None:
    words = json.loads(of("HEALTHCHECK")[0].partition("CMD ")[2])
    assert words[:2] == ["python", "-c"]
    ast.parse(words[2])
    (port, path) = re.search(r"http://127\.0\.0\.1:(\d+)(/\w+)", words[2]).groups()  # type: ignore[union-attr]
    assert [port] == of("EXPOSE")
    assert resolve(path).func.__name__ == "ready"
    hosts = COMPOSE["x-interlock"]["environment"]["INTERLOCK_HOSTS"]
    assert "127.0.0.1" in hosts.split(","), "the check would be refused for its host"


def test_every_setting_is_documented() -> None:
    documented = set(re.findall(r"`(INTERLOCK_\w+|DATABASE_URL)`", text_of(
        "docs/reference/settings.md")))  # fmt: skip
    named = set(re.findall(r"\b(INTERLOCK_\w+|DATABASE_URL)\b", DOCKERFILE))
    named |= set(COMPOSE["x-interlock"]["environment"])
    assert len(named) > 4
    assert named - documented == set()


def test_the_services_fit_together() -> None:
    services = COMPOSE["services"]
    for name, one in services.items():
        for other, how in one.get("depends_on", {}).items():
            assert other in services, name
            if how["condition"] == "service_healthy":
                own = "healthcheck" in services[other] or other in OURS  # the image has one
                assert own, other
        for volume in one.get("volumes", ()):
            assert volume.partition(":")[0] in COMPOSE["volumes"], volume
    database = services["db"]["environment"]
    url = COMPOSE["x-interlock"]["environment"]["DATABASE_URL"]
    user, name = database["POSTGRES_USER"], database["POSTGRES_DB"]
    assert re.fullmatch(
        rf"postgresql://{user}:\$\{{POSTGRES_PASSWORD:\?[^}}]+\}}@db:5432/{name}", url
    )
    (port,) = services["server"]["ports"]
    assert port.startswith("127.0.0.1:"), "a proxy that ends TLS stands in front"
    assert port.rpartition(":")[2] == of("EXPOSE")[0]


def test_no_secret_has_a_default_and_nobody_may_more_than_needed() -> None:
    text = text_of("compose.yaml")
    for name in ("POSTGRES_PASSWORD", "INTERLOCK_SECRET_KEY"):
        uses = re.findall(rf"\$\{{{name}(.)(.)", text)
        assert uses
        assert set(uses) == {(":", "?")}, name
    for name in OURS:
        one = COMPOSE["services"][name]
        assert one["read_only"] is True
        assert one["cap_drop"] == ["ALL"]
        assert one["security_opt"] == ["no-new-privileges:true"]
        kept = {x.rpartition(":")[2] for x in one["volumes"]}
        assert set(of("VOLUME")) <= kept, "the home is read-only but for this"
