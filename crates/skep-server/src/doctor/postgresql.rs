use super::Check;
use crate::config::Config;
use crate::db::Db;
use crate::db::server::Server;

const NAME: &str = "postgresql";

/// What a PostgreSQL server has to offer; nothing to say about SQLite.
pub(super) async fn server(config: &Config, db: &Db) -> Vec<Check> {
    let server = match db.server().await {
        Ok(None) => return Vec::new(),
        Ok(Some(server)) => server,
        Err(error) => {
            let advice = "its own lists could not be read; see the error";
            return vec![Check::warn(NAME, error.to_string(), advice)];
        }
    };
    let mut checks = vec![connections(&server, config.database_pool.max_connections)];
    if !db.is_heard().await {
        checks.push(Check::warn(
            NAME,
            "its notifications do not come through, as behind a pgbouncer that pools transactions or statements",
            "nodes look each second and miss nothing; let `[database] url` name the server itself, or a pool of \
             sessions, and they know at once",
        ));
    }
    checks
}

fn connections(server: &Server, each: u32) -> Check {
    let (version, nodes) = (&server.version, server.nodes.max(1));
    let free = server.connections - server.of_others;
    let wanted = nodes * i64::from(each);
    let text = format!(
        "PostgreSQL {version}: {} connections, of which others have {} and Skep {}; {nodes} nodes may want {wanted}",
        server.connections, server.of_others, server.of_skep
    );
    if wanted > free {
        let advice =
            "lower `max_connections` in section [database] of each node, or raise the server's own";
        return Check::warn(NAME, text, advice);
    }
    Check::ok(NAME, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Status;

    fn server(of_others: i64, nodes: i64) -> Server {
        Server {
            version: "15.14".to_owned(),
            connections: 97,
            of_others,
            of_skep: 11,
            nodes,
        }
    }

    #[test]
    fn nodes_that_want_more_connections_than_there_are_get_a_warning() {
        assert_eq!(connections(&server(0, 0), 97).status, Status::Ok);
        assert_eq!(connections(&server(0, 9), 10).status, Status::Ok);
        assert_eq!(connections(&server(0, 10), 10).status, Status::Warn);
        assert_eq!(connections(&server(88, 1), 10).status, Status::Warn);
    }
}
