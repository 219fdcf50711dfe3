"""Short words for the fields that many collections have: ids, moments, texts, choices, places."""

from __future__ import annotations

from app_core.schema.fields import Field, Number, Outlives, Reference, exactly
from app_core.schema.personal import Personal

LANGUAGE = exactly("[a-z]{2,3}(-[A-Z]{2})?")
"""BCP 47, language and region only."""
ZONE = exactly("(UTC|[A-Za-z]+(/[A-Za-z0-9_+-]+){1,2})")
"""A name of the IANA time zone database."""
URL = exactly(r"https://\S+")
EMAIL = exactly(r"[^\s@A-Z]+@[^\s@A-Z]+")
"""An address in its normal form: trimmed, lower case."""
SHA256 = exactly("[0-9a-f]{64}")


def key(name: str, says: str = "", personal: Personal = "none") -> Field:
    """A UUID that identifies the document."""
    return Field(name, ("binData",), says=says, personal=personal)


def member(name: str, says: str = "", *, required: bool = True, when: tuple[str, str] | None = None) -> Field:
    """The id of a member; `when`: (field, value) beside it without which nobody need be there yet."""
    reference = Reference("users", "user_id", when=when)
    return Field(name, ("binData",), required, says, "pseudonym", references=(reference,))


def ref(
    name: str,
    to: str,
    says: str = "",
    *,
    required: bool = True,
    may_outlive: Outlives | None = None,
    holds: str = "",
) -> Field:
    """A UUID of another collection's document; `to` = `collection.field`."""
    target, field = to.split(".")
    reference = Reference(target, field, may_outlive=may_outlive, holds=holds)
    return Field(name, ("binData",), required, says, references=(reference,))


def payment_ref(name: str, to: str, says: str = "", *, required: bool = True) -> Field:
    """A UUID of a row in the payments database; `to` = `table.column`."""
    target, field = to.split(".")
    return Field(name, ("binData",), required, says, references=(Reference(target, field, "payments"),))


def text(
    name: str,
    longest: int,
    says: str = "",
    *,
    shortest: int = 1,
    personal: Personal = "none",
    pattern: str | None = None,
    required: bool = True,
) -> Field:
    """A text of bounded length (characters)."""
    return Field(
        name,
        ("string",),
        required,
        says,
        personal,
        min_length=shortest,
        max_length=longest,
        pattern=pattern,
    )


def choice(name: str, *values: str, says: str = "", required: bool = True) -> Field:
    """One of a few words."""
    return Field(name, ("string",), required, says, values=values)


def moment(name: str, says: str = "", *, required: bool = True) -> Field:
    """A point in time (UTC, milliseconds)."""
    return Field(name, ("date",), required, says)


def whole(
    name: str,
    least: int,
    most: int,
    says: str = "",
    *,
    required: bool = True,
    personal: Personal = "none",
) -> Field:
    """A whole number within bounds."""
    return Field(name, ("int", "long"), required, says, personal, minimum=least, maximum=most)


def real(
    name: str,
    least: Number,
    most: Number,
    says: str = "",
    *,
    required: bool = True,
    personal: Personal = "none",
) -> Field:
    """A number within bounds."""
    return Field(name, ("double", "int"), required, says, personal, minimum=least, maximum=most)


def flag(name: str, says: str = "", *, required: bool = True) -> Field:
    """Yes or no."""
    return Field(name, ("bool",), required, says)


def url(name: str, says: str = "", *, required: bool = False, personal: Personal = "content") -> Field:
    """An address of an object outside the database, always with TLS."""
    return text(name, 2048, says, shortest=9, pattern=URL, personal=personal, required=required)


def email(name: str = "email") -> Field:
    """An e-mail address in the one form in which it is claimed, stored and looked up."""
    return text(name, 254, "normalised: trimmed, lower case", shortest=3, personal="contact", pattern=EMAIL)


def language(name: str, says: str = "", *, required: bool = True) -> Field:
    """A language by its BCP 47 tag."""
    return text(name, 6, says, shortest=2, pattern=LANGUAGE, required=required)


def digest(name: str, says: str = "", *, required: bool = True) -> Field:
    """The SHA-256 of a secret in hex: the secret itself is never stored."""
    return text(name, 64, says, shortest=64, pattern=SHA256, personal="secret", required=required)


def many(name: str, of: Field, most: int, says: str = "", *, least: int = 0, required: bool = True) -> Field:
    """A list without repetition."""
    return Field(
        name,
        ("array",),
        required,
        says,
        of.personal,
        items=of,
        min_items=least,
        max_items=most,
        unique_items=True,
    )


def point(
    name: str,
    says: str = "",
    *,
    required: bool = False,
    rounded_to: float | None = None,
    personal: Personal = "location",
) -> Field:
    """A GeoJSON point: longitude, then latitude, in degrees."""
    longitude = Field("longitude", ("double", "int"), minimum=-180, maximum=180, multiple_of=rounded_to)
    latitude = Field("latitude", ("double", "int"), minimum=-90, maximum=90, multiple_of=rounded_to)
    return Field(
        name,
        ("object",),
        required,
        says,
        personal,
        fields=(
            choice("type", "Point"),
            Field("coordinates", ("array",), pair=(longitude, latitude)),
        ),
    )


def availability(says: str = "when the member can meet", *, required: bool = False) -> Field:
    """Weekly hours in the member's own time zone, by its name: summer time is no change of the document."""
    day = choice("day", "MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
    clock = exactly("([01][0-9]|2[0-3]):[0-5][0-9]")
    start = text("from", 5, shortest=5, pattern=clock)
    end = text("to", 5, shortest=5, pattern=clock)
    slot = Field("slot", ("object",), fields=(day, start, end))
    zone = text("zone", 64, "IANA time zone", shortest=3, pattern=ZONE)
    return Field(
        "availability", ("object",), required, says, "content", fields=(zone, many("slots", slot, 50))
    )


def area(name: str = "home_area") -> Field:
    """Where a member roughly is: rounded to 0.01 degree (about a kilometre), never shown to others."""
    return point(name, "roughly where the member is; never shown to others", rounded_to=0.01)
