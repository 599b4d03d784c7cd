-- What begins while a fact of its slot holds is found without a look at all the slot's other values.
CREATE INDEX fact_held ON fact (slot_key, valid_from) WHERE retracted IS NULL;
