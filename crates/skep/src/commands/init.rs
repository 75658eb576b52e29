//! `skep init`

use serde_json::json;
use skep_server::app::init::{InitOptions, Initialized, PrebuiltOptions, init};
use skep_server::clock::Clock;

use super::Context;
use crate::cli::server::Init;

pub(super) async fn run(context: &Context, arguments: Init) -> anyhow::Result<()> {
    let given = arguments.public_key.zip(arguments.registry_url);
    let prebuilt = given.map(|(public_key, place)| {
        absolute(&place).map(|registry_url| PrebuiltOptions {
            public_key,
            registry_url,
        })
    });
    let options = InitOptions {
        url: arguments.url,
        listen: arguments.listen,
        private_key: arguments.private_key,
        database_url_file: arguments.database_url_file,
        storage: arguments.storage,
        prebuilt: prebuilt.transpose()?,
        environment: crate::env_vars::config_overrides(),
        ..InitOptions::new(arguments.dir, arguments.name)
    };
    let made = init(&options, &Clock::system()).await?;
    let value = json!({
        "config": made.config_path,
        (key_name(&options).0): made.key_path,
        "repository": options.name,
        "url": made.config.repository_url(&options.name),
        "fingerprint": made.fingerprint,
    });
    context.output.result(&value, || text(&made, &options))?;
    if !context.output.is_json() {
        context.output.talk(next_steps(&made, &options));
    }
    Ok(())
}

fn text(made: &Initialized, options: &InitOptions) -> String {
    crate::output::details(&[
        ("Configuration", made.config_path.display().to_string()),
        (key_name(options).1, made.key_path.display().to_string()),
        ("Repository", options.name.to_string()),
        (
            "URL for customers",
            made.config.repository_url(&options.name),
        ),
        ("Fingerprint", made.fingerprint.clone()),
    ])
}

/// A folder as the configuration names it, whose paths are relative to another one; a bucket as it is.
fn absolute(place: &str) -> std::io::Result<String> {
    let is_folder = place.starts_with("file:") || !place.contains("://");
    if !is_folder {
        return Ok(place.to_owned());
    }
    let folder = place.strip_prefix("file:").unwrap_or(place);
    let folder = folder.strip_prefix("//").unwrap_or(folder);
    Ok(format!("file:{}", std::path::absolute(folder)?.display()))
}

/// What the file of the key is called in JSON, and for people.
const fn key_name(options: &InitOptions) -> (&'static str, &'static str) {
    match &options.prebuilt {
        None => ("signing_key", "Signing key"),
        Some(_) => ("public_key", "Public key"),
    }
}

fn next_steps(made: &Initialized, options: &InitOptions) -> String {
    let dir = made.config_path.parent().unwrap_or(&made.config_path);
    if options.prebuilt.is_some() {
        return format!(
            "\nWhat is in the static registry is served as it is, to customers with a license. Next:\n\
             cd {} && skep doctor && skep product create NAME --package 'PATTERN' && skep serve",
            dir.display()
        );
    }
    format!(
        "\nKeep a copy of the signing key in a safe place: customers' tools trust only what it signs.\n\
         Next: cd {} && skep serve\n\
         To publish with mix and to look after it in a browser, enter the first user:\n\
         skep user create --username YOU --email YOU@EXAMPLE.COM --role owner",
        dir.display()
    )
}
