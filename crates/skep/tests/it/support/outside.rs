//! What stands outside the programs under test; the server's own tests have it, too.

#[path = "../../../../skep-server/tests/outside/nginx.rs"]
pub(crate) mod nginx;
#[path = "../../../../skep-server/tests/outside/port.rs"]
pub(crate) mod port;
#[path = "../../../../skep-server/tests/outside/postgres.rs"]
pub(crate) mod postgres;
#[path = "../../../../skep-server/tests/outside/seaweedfs.rs"]
pub(crate) mod seaweedfs;
#[path = "../../../../skep-server/tests/outside/setup.rs"]
pub(crate) mod setup;
#[path = "../../../../skep-server/tests/outside/strict_s3.rs"]
pub(crate) mod strict_s3;

use std::sync::OnceLock;

use setup::Setup;
use strict_s3::StrictS3;
use tokio::runtime::Runtime;

/// What a shop stands on beside its folder.
pub(crate) struct Base {
    /// The settings that say so, as in the environment.
    pub(crate) environment: Vec<(String, String)>,
    /// The bucket of the large set-up.
    pub(crate) s3: Option<StrictS3>,
}

impl Base {
    /// An empty database and a part of the bucket, where the set-up has them.
    pub(crate) fn of(setup: Setup) -> Self {
        let (mut environment, mut s3) = (Vec::new(), None);
        if setup == Setup::Large {
            let bucket = runtime().block_on(StrictS3::start());
            environment = bucket.settings();
            environment.push(("SKEP_DATABASE__URL".to_owned(), postgres::new_database()));
            s3 = Some(bucket);
        }
        Self { environment, s3 }
    }
}

/// Serves what is in this process.
pub(crate) fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Runtime::new().expect("threads can be had"))
}
