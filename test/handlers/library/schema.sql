CREATE TABLE members (
  id uuid PRIMARY KEY,
  email text NOT NULL UNIQUE,
  name text,
  note text,
  joined_at timestamptz NOT NULL,
  fee numeric(10,2),
  active boolean NOT NULL
);
CREATE TABLE loans (
  id int PRIMARY KEY,
  member_id uuid NOT NULL REFERENCES members (id),
  title text NOT NULL,
  review text,
  returned_at timestamptz
);
CREATE TABLE badges (id int PRIMARY KEY, label text NOT NULL);
CREATE TABLE empties (id int PRIMARY KEY, label text);
INSERT INTO members
  SELECT ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, 'Member' || n || '@example.org', 'Name ' || n,
         CASE n % 3 WHEN 0 THEN NULL WHEN 1 THEN '' ELSE 'noted ' || n END,
         timestamptz '2024-01-02 03:04:05.000001+00' + n * interval '1 minute', n + 0.10, n % 2 = 0
  FROM generate_series(1, 60) AS n;
INSERT INTO loans
  SELECT n, ('00000000-0000-4000-8000-' || lpad((CASE WHEN n <= 40 THEN 1 ELSE n % 60 + 1 END)::text, 12, '0'))::uuid,
         'Title ' || n, CASE WHEN n % 2 = 0 THEN repeat('long review ' || n || ' ', 200) END,
         CASE WHEN n % 4 = 0 THEN timestamptz '2024-02-01 00:00:00+00' END
  FROM generate_series(1, 200) AS n;
INSERT INTO badges VALUES (1, 'early bird'), (2, 'bookworm');
