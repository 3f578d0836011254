//go:build linux || darwin

package embeddedpg

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// ensureRole makes o.Role a role with this password that owns the database and has no other rights. A database that belongs
// to the superuser is given to the role with everything in it. admin is a connection of the superuser.
func ensureRole(ctx context.Context, admin *pgx.Conn, o Options, password string) error {
	var exists, owner bool
	err := admin.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1),
		EXISTS (SELECT FROM pg_database WHERE datname = $2 AND pg_get_userbyid(datdba) = $1)`, o.Role, o.Database).Scan(&exists, &owner)
	if err != nil {
		return fmt.Errorf("look for the role %s: %w", o.Role, err)
	}
	role := pgx.Identifier{o.Role}.Sanitize()
	if !exists {
		if _, err := admin.Exec(ctx, "CREATE ROLE "+role); err != nil {
			return fmt.Errorf("create the role %s: %w", o.Role, err)
		}
	}
	// The password is random text without quotes. The other databases of the cluster are none of the role's business.
	if _, err := admin.Exec(ctx, "ALTER ROLE "+role+" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD '"+password+"';"+
		"REVOKE CONNECT, TEMPORARY ON DATABASE postgres, template1 FROM PUBLIC"); err != nil {
		return fmt.Errorf("set up the role %s: %w", o.Role, err)
	}
	if owner {
		return nil
	}
	config := admin.Config()
	config.Database = o.Database
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	own := "ALTER DATABASE " + pgx.Identifier{o.Database}.Sanitize() + " OWNER TO " + role
	if _, err := conn.Exec(ctx, "SET registry.role = '"+o.Role+"';"+giveAway+own); err != nil {
		return fmt.Errorf("give the database to the role %s: %w", o.Role, err)
	}
	return nil
}

// giveAway makes the role of the setting registry.role the owner of everything in a database that is not part of PostgreSQL or
// of an extension. REASSIGN OWNED does not work for the first superuser. There is no ALTER EXTENSION … OWNER.
const giveAway = `
DO $$
DECLARE command text;
BEGIN
    FOR command IN
        WITH schemas AS (SELECT oid FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'),
        dependent AS (SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
            UNION ALL SELECT classid, objid FROM pg_depend WHERE deptype IN ('a', 'i') AND refobjsubid > 0) -- sequences of columns
        SELECT format('SCHEMA %s', n.oid::regnamespace) FROM pg_namespace n JOIN schemas USING (oid)
         WHERE n.nspowner <> 'pg_database_owner'::regrole
        UNION ALL
        SELECT format('TABLE %s', c.oid::regclass) FROM pg_class c JOIN schemas s ON s.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S') AND NOT EXISTS (SELECT FROM dependent d WHERE d.objid = c.oid AND d.classid = 'pg_class'::regclass)
        UNION ALL
        SELECT format('ROUTINE %s', p.oid::regprocedure) FROM pg_proc p JOIN schemas s ON s.oid = p.pronamespace
         WHERE NOT EXISTS (SELECT FROM dependent d WHERE d.objid = p.oid AND d.classid = 'pg_proc'::regclass)
        UNION ALL
        SELECT format('TYPE %s', t.oid::regtype) FROM pg_type t JOIN schemas s ON s.oid = t.typnamespace
         WHERE t.typtype IN ('e', 'd', 'r') AND NOT EXISTS (SELECT FROM dependent d WHERE d.objid = t.oid AND d.classid = 'pg_type'::regclass)
    LOOP
        EXECUTE format('ALTER %s OWNER TO %I', command, current_setting('registry.role'));
    END LOOP;
    UPDATE pg_extension SET extowner = quote_ident(current_setting('registry.role'))::regrole WHERE extname <> 'plpgsql';
END $$;`
