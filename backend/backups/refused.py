"""Why a backup or a restore does not come about."""


class BackupRefused(Exception):  # noqa: N818 - reads as what it is
    """One line for the user: what is wrong and what to do."""
