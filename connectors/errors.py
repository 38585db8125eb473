"""Every error the project raises on purpose, under one root.

TsunaguError                 what failed, where, what to do next
├── UsageError               exit 2: the call or the configuration is wrong; nothing was read
│   ├── SettingsError        tsunagu.yml: file, line, key, the value found, the values allowed
│   └── ProfileError         no profile fits a file, or two fit alike; prints the nearest
├── FileRefused              one file cannot be read safely; it goes to quarantine whole, the rest load
├── SourceError              one source failed; the others go on, and the run names it
│   └── ApiError             an API's answer is an error that retrying does not mend; `status` where HTTP told one
├── LoadError                a load was rolled back
│   ├── ContractError        a type flip, a null key or a missing column, before the table is touched
│   ├── TombstoneError       a full export would delete more than the allowed share
│   └── BalanceError         rows in ≠ loaded + unchanged + quarantined: our own mistake, never the user's
├── WarehouseBusy            another process holds the warehouse; says which
├── ResourceError            the machine: a full disk, a limit, no right to write, no memory; ends the run
└── CheckFailed              a check of severity error; the published file stays as it was
"""

from __future__ import annotations


class TsunaguError(Exception):
    """The root. `where` is `file:row:column` or a table; `mend` is the next thing to do or to type."""

    exit_code = 1

    def __init__(self, message: str, *, where: str | None = None, mend: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.mend = mend

    def __str__(self) -> str:
        lines = [f"{self.where}: {self.message}" if self.where else self.message]
        if self.mend:
            lines.append(f"→ {self.mend}")
        return "\n".join(lines)


class UsageError(TsunaguError):
    exit_code = 2


class SettingsError(UsageError):
    pass


class ProfileError(UsageError):
    pass


class FileRefused(TsunaguError):
    pass


class SourceError(TsunaguError):
    pass


class ApiError(SourceError):
    def __init__(
        self, message: str, *, where: str | None = None, mend: str | None = None, status: int | None = None
    ) -> None:
        super().__init__(message, where=where, mend=mend)
        self.status = status


class LoadError(TsunaguError):
    pass


class ContractError(LoadError):
    pass


class TombstoneError(LoadError):
    pass


class BalanceError(LoadError):
    pass


class ResourceError(TsunaguError):
    pass


class WarehouseBusy(TsunaguError):
    pass


class CheckFailed(TsunaguError):
    pass
