"""AWS Elemental MediaConvert in an emulated account, which moto lacks.

Named to an account as ``steps._mediaconvert:MediaConvert``.
"""

from steps._mediaconvert.service import MediaConvert

__all__ = ["MediaConvert"]
