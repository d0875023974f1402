"""What can stop the service from starting, each with its remedy."""


class SetupError(Exception):
    """A step of the start failed in a way that the operator can mend."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy
