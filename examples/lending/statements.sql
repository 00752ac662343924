-- What the libraries' application asks, as an example of a file for `portage plan check --statements`.

-- calls: 52000
SELECT "lending"."members"."id", "lending"."members"."email", "lending"."members"."name" FROM "lending"."members"
WHERE ("lending"."members"."id" = $1 AND 1=1) LIMIT $2 OFFSET $3;

-- calls: 31000
SELECT l.* FROM loans l WHERE l.member_id = $1 AND l.lent_on >= $2 ORDER BY l.lent_on DESC LIMIT 30;

-- calls: 24000
SELECT w.*, c.number, c.shelf, c.condition FROM works w LEFT JOIN copies c ON c.work_id = w.id WHERE w.id = $1;

-- calls: 17500
SELECT id, title, published_in FROM works WHERE lower(language) = $1 AND title LIKE $2 || '%' ORDER BY title LIMIT 25;

-- calls: 12000
SELECT a.id, a.name, wa.role FROM work_authors wa JOIN authors a ON a.id = wa.author_id WHERE wa.work_id = ANY ($1);

-- calls: 9400
SELECT l.id, l.due_on, m.name
FROM loans l JOIN members m ON m.id = l.member_id JOIN branches b ON b.id = m.branch_id
WHERE b.city = $1 AND l.returned_at IS NULL AND l.due_on < now()::date
ORDER BY l.due_on LIMIT 100;

-- calls: 8800
SELECT * FROM copies WHERE branch_id = $1 AND shelf = $2 AND condition = 'good';

-- calls: 6100
SELECT * FROM loans WHERE id = $1;

-- calls: 3300
SELECT * FROM members WHERE branch_id = $1 ORDER BY name LIMIT 50;

-- calls: 2900
SELECT f.* FROM fines f WHERE NOT f.paid ORDER BY f.lent_on LIMIT 50;

-- calls: 700
SELECT * FROM works WHERE $1 = ANY (subjects);

-- calls: 250
SELECT b.city, count(*) FROM loans l JOIN members m ON m.id = l.member_id JOIN branches b ON b.id = m.branch_id
WHERE l.lent_on BETWEEN $1 AND $2 GROUP BY b.city ORDER BY count(*) DESC;

-- calls: 21000
UPDATE loans SET renewals = renewals + 1, due_on = $3 WHERE id = $1 AND lent_on = $2;

-- calls: 40
UPDATE copies SET condition = 'withdrawn' WHERE branch_id = $1 AND acquired_on < $2;

-- calls: 52000
BEGIN;
