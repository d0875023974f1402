"""What can go wrong with keys and sealed values.

    VaultError
    ├── KeyFileMissingError    the database knows keys, and there is no key file
    ├── KeyFileBrokenError     the key file cannot be read or is not one
    ├── WrongKeyError          the key file is that of another database
    ├── UnsealedRowsError      values from before the encryption wait for `jinjibu migrate`
    ├── KeyInUseError          a key that is still needed cannot be retired
    ├── VaultLockedError       no keys are bound to this database
    ├── UnboundValueError      a value is written without the row that it belongs to
    └── SealBrokenError        a value was changed or moved, or is not sealed
        └── UnknownKeyError    its key is not in the key file

None of them is a refusal that a caller of the API could act on, so they are no DeskErrors.
Messages hold names of columns and ids, never a value or a secret.
"""


class VaultError(Exception):
    """The keys or a sealed value cannot be used.

    Attributes:
        remedy: What the operator can do.
    """

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(f"{what} {remedy}".strip())
        self.what = what
        self.remedy = remedy


class KeyFileMissingError(VaultError):
    """The database was used with keys, and the file that holds them is not there."""


class KeyFileBrokenError(VaultError):
    """The key file cannot be read, or does not hold keys."""


class WrongKeyError(VaultError):
    """The key file lacks a key of this database, or holds another one under its id."""


class UnsealedRowsError(VaultError):
    """Values that were stored before the encryption have not all been sealed."""


class KeyInUseError(VaultError):
    """The key encrypts, or something is still sealed with it."""


class VaultLockedError(VaultError):
    """No keys are bound to the database that a sealed column belongs to."""


class UnboundValueError(VaultError):
    """A value goes to a sealed column by another way than a row of its class."""


class SealBrokenError(VaultError):
    """A stored value was changed, belongs to another row or column, or is not sealed."""


class UnknownKeyError(SealBrokenError):
    """The value was sealed with a key that the key file does not hold."""
