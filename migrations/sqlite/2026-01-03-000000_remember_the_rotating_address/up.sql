-- The keyed hash (16 bytes) of the address that the last rotation came from; null if the address is not known.
ALTER TABLE sessions ADD COLUMN rotated_from BLOB;
