"""What can go wrong, as sentences.

    ReproError                the root; never raised itself
    ├── UsageError            what was typed: an unknown paper, a bad option or override
    ├── CatalogError          a YAML file of the catalog is wrong (carries file, line and column)
    ├── DataError             images or a data set are missing, damaged or unusable
    ├── RunError              a run folder is missing, damaged, foreign or in use
    │   └── PeerError         another process of the same run ended
    ├── DeviceError           the device asked for is not there
    ├── MemoryShortageError   what was asked for needs more memory than there is
    ├── TrainingError         training cannot go on: the loss is no longer finite
    └── ServiceError          a service on the network does not answer, or with something unusable

Each message says what was found, where, what was expected and what to do next. The command line prints the
message alone and exits with status 2; a traceback is always a defect of this project.
"""


class ReproError(Exception):
    """Root of every error a person can cause or repair."""


class UsageError(ReproError):
    """Something typed on the command line does not name anything, or does not fit its type."""


class CatalogError(ReproError):
    """A file of the catalog is wrong; the message starts with ``file:line:column``."""


class DataError(ReproError):
    """A data set is missing, damaged, or too small for what was asked."""


class RunError(ReproError):
    """A run folder cannot be written, read or resumed."""


class PeerError(RunError):
    """Another process of this run ended, which says why itself."""


class DeviceError(ReproError):
    """The device asked for does not exist on this machine."""


class MemoryShortageError(ReproError):
    """A network, its data or a batch need more memory than this machine, or its accelerator, has."""


class TrainingError(ReproError):
    """Training stopped by itself because its numbers are no longer finite."""


class ServiceError(ReproError):
    """A service on the network did not answer, or not with what was asked for."""
