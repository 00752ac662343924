-- What the reference application asks, as an example of a file for `portage plan check --statements`.

-- calls: 40000
SELECT "public"."users"."id", "public"."users"."email", "public"."users"."display_name" FROM "public"."users"
WHERE ("public"."users"."id" = $1 AND 1=1) LIMIT $2 OFFSET $3;

-- calls: 26000
SELECT * FROM users WHERE email = $1;

-- calls: 22000
SELECT s.id, s.title, s.started_at FROM sessions AS s WHERE s.id = $1;

-- calls: 20000
SELECT id, title, started_at FROM sessions WHERE campaign_id = $1 ORDER BY started_at DESC LIMIT 20;

-- calls: 12000
SELECT ch.id, ch.name, ch.class, u.display_name FROM characters ch JOIN users u ON u.id = ch.user_id
WHERE ch.campaign_id = $1;

-- calls: 9000
SELECT s.id, s.title FROM sessions s JOIN campaigns c ON c.id = s.campaign_id
WHERE c.owner_id = $1 AND s.ended_at IS NULL ORDER BY s.started_at DESC LIMIT 50;

-- calls: 7000
SELECT name, level FROM characters WHERE campaign_id = $1 AND is_alive ORDER BY level DESC;

-- calls: 4000
SELECT count(*) FROM characters WHERE campaign_id = $1;

-- calls: 2500
SELECT id, title FROM campaigns WHERE title ILIKE $1 LIMIT 20;

-- calls: 8000
UPDATE users SET display_name = $1 WHERE id = $2;

-- calls: 1200
UPDATE characters SET is_alive = false WHERE campaign_id = $1;
