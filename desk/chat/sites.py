"""The table of sites that embed the chat: colours, words, hub, and who may frame it."""

import json
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from advisor.errors import KnowledgeError
from advisor.loading import load_yaml

LEAST_CONTRAST = 4.5
"""WCAG 2.2, 1.4.3: text, and our buttons hold text."""
LIGHT_GROUNDS = ("#ffffff", "#f2f2f2")
"""`--surface` and `--ground` of widget.css in the light scheme."""
DARK_GROUNDS = ("#1c1f22", "#101214", "#272b2f")
"""`--surface`, `--ground` and `--surface-2` in the dark scheme."""
SITE_ID = re.compile(r"[a-z0-9_-]{1,40}")
SHADE = 0.8
"""Of a colour that stays when the pointer is over it."""


class SitesError(Exception):
    """The table of sites holds something that would not work; the message lists it all."""


def luminance(color: str) -> float:
    """Relative luminance (WCAG 2.2) of `#rrggbb`, 0 to 1."""
    red, green, blue = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return 0.2126 * _linear(red) + 0.7152 * _linear(green) + 0.0722 * _linear(blue)


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def contrast(first: str, second: str) -> float:
    """Contrast ratio (WCAG 2.2) of two colours, 1 to 21."""
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def _readable_on(grounds: tuple[str, ...], hint: str) -> AfterValidator:
    def check(color: str) -> str:
        found = min(contrast(color, ground) for ground in grounds)
        if found < LEAST_CONTRAST:
            raise ValueError(
                f"{color} has a contrast of {found:.2f}:1 on {' and '.join(grounds)};"
                f" at least {LEAST_CONTRAST}:1 is needed. Choose a {hint} colour."
            )
        return color.lower()

    return AfterValidator(check)


def _origin(value: str) -> str:
    parts = urlsplit(value)
    local = parts.hostname in {"localhost", "127.0.0.1"}
    is_plain = value == f"{parts.scheme}://{parts.netloc}" and not set(value) & set(" ;,'\"*@")
    if not is_plain or parts.scheme not in {"https", *(["http"] if local else [])}:
        raise ValueError(f"{value!r} must be https://HOST or https://HOST:PORT, without a path.")
    return value


Color = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]
LightColor = Annotated[Color, _readable_on(LIGHT_GROUNDS, "darker")]
DarkColor = Annotated[Color, _readable_on(DARK_GROUNDS, "lighter")]
Origin = Annotated[str, AfterValidator(_origin)]


class Site(BaseModel):
    """One site that embeds the chat."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    origins: tuple[Origin, ...] = ()
    """Whose pages may show the chat in a frame."""
    color: LightColor | None = None
    """Of the button, and of the panel's buttons and links in the light scheme."""
    color_dark: DarkColor | None = None
    """Of the panel in the dark scheme."""
    side: Literal["right", "left"] = "right"
    label: str | None = Field(default=None, min_length=1, max_length=20)
    """Words on the button."""
    greeting: str | None = Field(default=None, min_length=1, max_length=300)
    """What the bot says before its own greeting."""
    hub: str | None = None
    """Whose site it is; where a case goes is decided by the owner's place alone."""

    @model_validator(mode="after")
    def _check_id(self) -> Self:
        if not SITE_ID.fullmatch(self.id):
            raise ValueError("a site's id has 1 to 40 characters of a-z, 0-9, _ and -")
        return self

    def loader_json(self) -> str:
        """What the loader needs, as a JavaScript object."""
        known = {"site": self.id, "color": self.color, "side": self.side, "label": self.label}
        return json.dumps({name: value for name, value in known.items() if value})

    def style(self) -> str:
        """The panel's colours as CSS that overrides those of widget.css."""
        light = _scheme(self.color, "#ffffff", "#000000") if self.color else ""
        dark = _scheme(self.color_dark, "#000000", "#ffffff") if self.color_dark else ""
        if not self.color_dark:
            return f"@media not (prefers-color-scheme:dark){{{light}}}\n" if light else ""
        wrapped = f"@media (prefers-color-scheme:dark){{{dark}}}\n"
        return (f"@media not (prefers-color-scheme:dark){{{light}}}\n" if light else "") + wrapped


def _scheme(color: str, on_it: str, towards: str) -> str:
    hover = _mix(color, towards)
    return f":root{{--primary:{color};--primary-hover:{hover};--on-primary:{on_it}}}"


def _mix(color: str, other: str) -> str:
    parts = (
        round(int(color[at : at + 2], 16) * SHADE + int(other[at : at + 2], 16) * (1 - SHADE))
        for at in (1, 3, 5)
    )
    return "#" + "".join(f"{part:02x}" for part in parts)


class Sites:
    """The table, by id; empty where there is none."""

    def __init__(self, sites: Mapping[str, Site] | None = None) -> None:
        self._sites = dict(sites or {})

    def find(self, site_id: str | None) -> Site | None:
        """The site, or None if it is not in the table."""
        return self._sites.get(site_id or "")

    def of_hub(self, hub_id: str) -> list[str]:
        """Ids of the sites that are the hub's, in order."""
        return sorted(site.id for site in self._sites.values() if site.hub == hub_id)

    def __len__(self) -> int:
        return len(self._sites)


def load_sites(path: Path | None, hubs: Collection[str]) -> Sites:
    """Read the table.

    Args:
        path: A YAML file `sites: {ID: {origins, color, …}}`; None for no table.
        hubs: Ids of the hubs that there are.

    Raises:
        SitesError: The file cannot be read, or says what would not work; all of it is named.
    """
    if path is None:
        return Sites()
    try:
        data = load_yaml(path)
    except KnowledgeError as exc:
        raise SitesError(str(exc)) from exc
    table = data.get("sites") if isinstance(data, dict) else None
    if not isinstance(table, dict) or set(data) != {"sites"}:
        raise SitesError(f"{path}: must hold one key, 'sites', with the sites by their id.")
    sites: dict[str, Site] = {}
    problems: list[str] = []
    for site_id, entry in table.items():
        try:
            site = sites[site_id] = Site(**{**(entry or {}), "id": site_id})
        except (ValidationError, TypeError) as exc:
            problems += _problems(f"{path}: sites.{site_id}", exc)
            continue
        if site.hub is not None and site.hub not in hubs:
            known = ", ".join(sorted(hubs))
            problems.append(f"{path}: sites.{site_id}.hub: unknown hub '{site.hub}' ({known})")
    if problems:
        raise SitesError("\n".join(problems))
    return Sites(sites)


def _problems(place: str, exc: ValidationError | TypeError) -> list[str]:
    if isinstance(exc, TypeError):
        return [f"{place}: must be a mapping of settings."]
    return [
        f"{'.'.join([place, *map(str, error['loc'])])}: {error['msg'].removeprefix('Value error, ')}"
        for error in exc.errors()
    ]
