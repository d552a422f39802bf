-- The queue of who reviews. New index on the few rows that wait; it locks out writers while it is built.
create index payments_in_review on payments (number) where status = 'IN_REVIEW';
