-- The same effect of a promotion has the same mark, also when it is intended a second time.
DROP INDEX effect_mark;
