"""S3: buckets, what is in them, and who may do what with it."""

from labs.explorer.model import Service
from labs.explorer.services.s3.access_points import ACCESS_POINT
from labs.explorer.services.s3.buckets import BUCKET

SERVICE = Service("s3", "S3", "Objects in buckets, and who may do what with them.", (BUCKET, ACCESS_POINT))
