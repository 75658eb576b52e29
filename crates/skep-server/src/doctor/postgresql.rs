use super::Check;
use crate::clock::{Clock, Timestamp};
use crate::config::Config;
use crate::db::Db;
use crate::db::server::Server;

const NAME: &str = "postgresql";
/// Both clocks are set by something: further apart, one is not.
const APART_SECONDS: i64 = 30;

/// What a PostgreSQL server has to offer; nothing to say about SQLite.
pub(super) async fn server(config: &Config, db: &Db, clock: &Clock) -> Vec<Check> {
    let server = match db.server().await {
        Ok(None) => return Vec::new(),
        Ok(Some(server)) => server,
        Err(error) => {
            let advice = "its own lists could not be read; see the error";
            return vec![Check::warn(NAME, error.to_string(), advice)];
        }
    };
    let mut checks = vec![connections(&server, config.database_pool.max_connections)];
    checks.extend(time(server.now, clock.now()));
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

fn time(server: Timestamp, here: Timestamp) -> Option<Check> {
    let seconds = server.seconds() - here.seconds();
    if seconds.abs() <= APART_SECONDS {
        return None;
    }
    let direction = if seconds > 0 { "ahead of" } else { "behind" };
    Some(Check::warn(
        NAME,
        format!(
            "its clock is {} seconds {direction} this machine's",
            seconds.abs()
        ),
        "licenses begin and end by the clocks of the nodes: set the one that is wrong",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Status;

    fn server(of_others: i64, nodes: i64) -> Server {
        Server {
            version: "15.14".to_owned(),
            now: Timestamp::from_seconds(0),
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

    #[test]
    fn clocks_that_are_apart_are_named() {
        let at = Timestamp::from_seconds;
        assert_eq!(time(at(1000), at(1030)), None);
        let check = time(at(4600), at(1000)).unwrap();
        assert!(
            check.text.contains("3600 seconds ahead of"),
            "{}",
            check.text
        );
        let check = time(at(1000), at(1031)).unwrap();
        assert!(check.text.contains("31 seconds behind"), "{}", check.text);
    }
}
