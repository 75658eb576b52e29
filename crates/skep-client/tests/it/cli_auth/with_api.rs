use skep_client::cli_auth::{AuthError, Options, OtpReason, Outcome};

use super::world::{Failed, global, tokens, worlds};

#[test]
fn with_api_otp_required() {
    for world in worlds() {
        world.store(global(), tokens("login", None, 3600));
        world.state().otps.push_back("123456");
        let mut runs = 0;
        let result = world.with_api(&world.config(), Options::default(), |config| {
            runs += 1;
            match config.api_otp {
                None => Err(Failed::Refused(Outcome::OtpRequired)),
                Some(otp) => Ok(otp.expose().to_owned()),
            }
        });
        assert_eq!(result.unwrap(), "123456");
        assert_eq!(runs, 2);
        assert_eq!(world.state().otp_reasons, [OtpReason::Required]);
    }
}

#[test]
fn with_api_otp_invalid_retry() {
    for world in worlds() {
        world.store(global(), tokens("login", None, 3600));
        world.state().otps.extend(["wrong", "right"]);
        let mut runs = 0;
        let result = world.with_api(&world.config(), Options::default(), |config| {
            runs += 1;
            match config.api_otp.as_ref().map(|otp| otp.expose()) {
                None => Err(Failed::Refused(Outcome::OtpRequired)),
                Some("right") => Ok(()),
                Some(_) => Err(Failed::Refused(Outcome::OtpInvalid)),
            }
        });
        assert!(result.is_ok());
        assert_eq!(runs, 3);
        let reasons = [OtpReason::Required, OtpReason::Invalid];
        assert_eq!(world.state().otp_reasons, reasons);
    }
}

#[test]
fn with_api_otp_cancelled() {
    for world in worlds() {
        world.store(global(), tokens("login", None, 3600));
        let result = world.with_api(&world.config(), Options::default(), |_| {
            Err::<(), _>(Failed::Refused(Outcome::OtpRequired))
        });
        assert!(matches!(result, Err(Failed::Auth(AuthError::OtpCancelled))));
    }
}

#[test]
fn with_api_otp_max_retries() {
    for world in worlds() {
        world.store(global(), tokens("login", None, 3600));
        world.state().otps.extend(["wrong"; 9]);
        let mut runs = 0;
        let result = world.with_api(&world.config(), Options::default(), |_| {
            runs += 1;
            Err::<(), _>(Failed::Refused(Outcome::OtpInvalid))
        });
        assert!(matches!(
            result,
            Err(Failed::Auth(AuthError::OtpMaxRetries))
        ));
        assert_eq!(runs, 4);
        assert_eq!(world.state().otp_reasons.len(), 3);
    }
}

#[test]
fn with_api_token_expired_refresh() {
    for world in worlds() {
        world.store(global(), tokens("initial", Some("refresh"), 100));
        let mut seen = Vec::new();
        let result = world.with_api(&world.config(), Options::default(), |config| {
            seen.push(config.api_key.unwrap().expose().to_owned());
            match seen.len() {
                1 => Err(Failed::Refused(Outcome::TokenExpired)),
                _ => Ok(()),
            }
        });
        assert!(result.is_ok());
        assert_eq!(seen, ["Bearer refreshed-1", "Bearer refreshed-2"]);
        assert_eq!(world.state().persisted.len(), 2);
    }
}

#[test]
fn a_token_that_somebody_refreshed_meanwhile_is_reused() {
    for world in worlds() {
        world.store(global(), tokens("initial", Some("refresh"), 3600));
        let mut seen = Vec::new();
        let result = world.with_api(&world.config(), Options::default(), |config| {
            seen.push(config.api_key.unwrap().expose().to_owned());
            if seen.len() > 1 {
                return Ok(());
            }
            world.store(global(), tokens("of somebody else", Some("theirs"), 3600));
            Err(Failed::Refused(Outcome::TokenExpired))
        });
        assert!(result.is_ok());
        assert_eq!(seen, ["Bearer initial", "Bearer of somebody else"]);
        assert!(world.state().requests.is_empty());
    }
}

#[test]
fn a_server_that_calls_every_token_expired_does_not_keep_us_for_ever() {
    for world in worlds() {
        world.store(global(), tokens("initial", Some("refresh"), 3600));
        world.state().may_log_in = Some(true);
        let mut runs = 0;
        let result = world.with_api(&world.config(), Options::default(), |_| {
            runs += 1;
            Err::<(), _>(Failed::Refused(Outcome::TokenExpired))
        });
        assert!(matches!(
            result,
            Err(Failed::Auth(AuthError::TokenRefreshFailed(_)))
        ));
        assert_eq!(runs, 6, "twice three tokens, with one login between");
        assert_eq!(world.state().login_reasons.len(), 1);
    }
}

#[test]
fn a_refusal_that_cannot_be_mended_is_the_result() {
    for world in worlds() {
        world.store(global(), tokens("login", Some("refresh"), 3600));
        let mut runs = 0;
        let result = world.with_api(&world.config(), Options::default(), |_| {
            runs += 1;
            Err::<(), _>(Failed::Refused(Outcome::Unauthorized))
        });
        assert!(matches!(
            result,
            Err(Failed::Refused(Outcome::Unauthorized))
        ));
        assert_eq!(runs, 1);
    }
}

#[test]
fn a_config_without_callbacks_is_an_error() {
    for world in worlds() {
        let mut config = world.config();
        config.cli_auth_callbacks = None;
        let result = world.with_api(&config, Options::default(), |_| Ok(()));
        assert!(matches!(result, Err(Failed::Auth(AuthError::NoCallbacks))));
    }
}
