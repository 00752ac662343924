-- The journal of a tabletop-game community: people, the campaigns they lead, the sessions they record, the characters they play.
-- Plain PostgreSQL 14+, no extension. Nothing in here knows that it is going to be migrated.

CREATE TYPE plan_tier AS ENUM ('free', 'player', 'game master');
CREATE TYPE game_system AS ENUM ('dungeons', 'call of the deep', 'starfarer', 'homebrew');

CREATE TABLE users (
  id            uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
  email         text        NOT NULL UNIQUE CHECK (email = lower(email)),
  display_name  text        NOT NULL,
  bio           text,
  -- bcrypt or argon2id, as the library of the day wrote them; NULL for people who signed up through the user pool.
  password_hash text,
  plan          plan_tier   NOT NULL DEFAULT 'free',
  is_active     boolean     NOT NULL DEFAULT true,
  birthday      date,
  avatar        bytea,
  tags          text[]      NOT NULL,
  settings      jsonb       NOT NULL,
  created_at    timestamptz NOT NULL DEFAULT now(),
  updated_at    timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE campaigns (
  id          uuid          PRIMARY KEY DEFAULT gen_random_uuid(),
  owner_id    uuid          NOT NULL REFERENCES users (id),
  title       text          NOT NULL CHECK (char_length(title) BETWEEN 1 AND 120),
  description text,
  system      game_system   NOT NULL,
  budget      numeric(12,2) NOT NULL,
  is_public   boolean       NOT NULL DEFAULT false,
  tags        text[]        NOT NULL,
  created_at  timestamptz   NOT NULL DEFAULT now(),
  updated_at  timestamptz   NOT NULL DEFAULT now()
);
CREATE INDEX campaigns_by_owner ON campaigns (owner_id, created_at);

CREATE TABLE sessions (
  id          uuid         PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id     uuid         NOT NULL REFERENCES users (id),
  campaign_id uuid         NOT NULL REFERENCES campaigns (id),
  number      integer      NOT NULL,
  title       text         NOT NULL,
  started_at  timestamptz  NOT NULL,
  ended_at    timestamptz,
  duration    numeric(6,2),
  summary     text,
  transcript  text,
  updated_at  timestamptz  NOT NULL DEFAULT now()
);
CREATE INDEX sessions_by_user ON sessions (user_id, campaign_id);
CREATE INDEX sessions_by_campaign ON sessions (campaign_id);
CREATE INDEX sessions_open ON sessions (campaign_id, started_at) WHERE ended_at IS NULL;

CREATE TABLE characters (
  id          uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id     uuid        NOT NULL REFERENCES users (id),
  campaign_id uuid        NOT NULL REFERENCES campaigns (id),
  name        text        NOT NULL,
  class       text        NOT NULL,
  level       integer     NOT NULL,
  is_alive    boolean     NOT NULL DEFAULT true,
  attributes  jsonb       NOT NULL,
  backstory   text,
  created_at  timestamptz NOT NULL DEFAULT now(),
  updated_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX characters_by_campaign ON characters (campaign_id);
CREATE INDEX characters_by_user ON characters (user_id);

-- Rules text that ships with the application; the plan excludes it.
CREATE TABLE conditions (
  name        text PRIMARY KEY,
  description text NOT NULL
);
INSERT INTO conditions VALUES
  ('blinded', 'Cannot see; attacks against it have advantage.'),
  ('charmed', 'Cannot attack the charmer.'),
  ('frightened', 'Cannot willingly move closer to the source of its fear.'),
  ('prone', 'Can only crawl.');

-- An application trigger that changes rows on their way in: whatever captures them has to see what it leaves behind.
CREATE FUNCTION touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.updated_at := now();
  RETURN NEW;
END $$;

CREATE TRIGGER touch BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER touch BEFORE UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER touch BEFORE UPDATE ON sessions FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER touch BEFORE UPDATE ON characters FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
