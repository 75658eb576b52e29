//! `skep init`

use serde_json::json;
use skep_server::app::init::{InitOptions, Initialized, init};
use skep_server::clock::Clock;

use super::Context;
use crate::cli::server::Init;

pub(super) async fn run(context: &Context, arguments: Init) -> anyhow::Result<()> {
    let options = InitOptions {
        url: arguments.url,
        listen: arguments.listen,
        private_key: arguments.private_key,
        database_url_file: arguments.database_url_file,
        storage: arguments.storage,
        environment: crate::env_vars::config_overrides(),
        ..InitOptions::new(arguments.dir, arguments.name)
    };
    let made = init(&options, &Clock::system()).await?;
    let value = json!({
        "config": made.config_path,
        "signing_key": made.key_path,
        "repository": options.name,
        "url": made.config.repository_url(&options.name),
        "fingerprint": made.fingerprint,
    });
    context.output.result(&value, || text(&made, &options))?;
    if !context.output.is_json() {
        context.output.talk(next_steps(&made));
    }
    Ok(())
}

fn text(made: &Initialized, options: &InitOptions) -> String {
    crate::output::details(&[
        ("Configuration", made.config_path.display().to_string()),
        ("Signing key", made.key_path.display().to_string()),
        ("Repository", options.name.to_string()),
        (
            "URL for customers",
            made.config.repository_url(&options.name),
        ),
        ("Fingerprint", made.fingerprint.clone()),
    ])
}

fn next_steps(made: &Initialized) -> String {
    let dir = made.config_path.parent().unwrap_or(&made.config_path);
    format!(
        "\nKeep a copy of the signing key in a safe place: customers' tools trust only what it signs.\n\
         Next: cd {} && skep serve\n\
         To publish with mix and to look after it in a browser, enter the first user:\n\
         skep user create --username YOU --email YOU@EXAMPLE.COM --role owner",
        dir.display()
    )
}
