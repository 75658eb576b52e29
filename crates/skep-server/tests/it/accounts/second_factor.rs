use skep_server::accounts::caller::Via;
use skep_server::accounts::login::{LoggedIn, LoginError, with_code, with_password};
use skep_server::accounts::second_factor::{
    Presented, SecondFactorError, check, confirm, count_recovery_codes, enroll, remove,
    renew_recovery_codes,
};
use skep_server::accounts::sessions::{self, SessionToken};
use skep_server::accounts::totp::{RecoveryCode, TotpSecret};
use skep_server::accounts::user::User;
use skep_server::accounts::users;
use skep_server::clock::Clock;
use skep_server::db::audit::Actor;
use skep_server::ids::TokenGrantId;

use super::{address, home, password, rosa};
use crate::support::office::{Office, in_each_office};

fn presented(code: &str, via: Via) -> Presented<'_> {
    Presented {
        code,
        via,
        address: address("192.0.2.1"),
    }
}

fn some_tool() -> Via {
    let grant = TokenGrantId::new(&Clock::system());
    Via::Token { grant }
}

/// `rosa` with a second factor that was confirmed half a minute ago.
async fn rosa_with_app(office: &Office) -> (User, TotpSecret, Vec<RecoveryCode>) {
    let user = rosa(office).await;
    let enrollment = enroll(&office.app, &user).await.unwrap();
    let code = enrollment.secret.code_at(office.app.clock.now());
    let codes = confirm(&office.app, &user, presented(&code, Via::Password))
        .await
        .unwrap();
    office.clock.advance(30);
    let user = users::show(&office.app, "rosa").await.unwrap();
    assert!(user.has_totp);
    (user, enrollment.secret, codes)
}

#[tokio::test]
async fn it_counts_once_the_app_has_shown_a_right_code() {
    in_each_office(async |office: Office| {
        let app = &office.app;
        let user = rosa(&office).await;
        let enrollment = enroll(app, &user).await.unwrap();
        assert_eq!(enrollment.secret, enroll(app, &user).await.unwrap().secret);
        let wrong = confirm(app, &user, presented("000000", Via::Password)).await;
        assert!(matches!(wrong, Err(SecondFactorError::Wrong)));
        assert!(!users::show(app, "rosa").await.unwrap().has_totp);
        let early = check(app, &user, presented("000000", Via::Password)).await;
        assert!(matches!(early, Err(SecondFactorError::NotEnabled)));
        let code = enrollment.secret.code_at(app.clock.now());
        let codes = confirm(app, &user, presented(&code, Via::Password)).await;
        assert_eq!(codes.unwrap().len(), 10);
        let again = enroll(app, &user).await;
        assert!(matches!(again, Err(SecondFactorError::Enabled)));
    })
    .await;
}

#[tokio::test]
async fn a_code_works_once_but_for_the_same_login_of_a_tool() {
    in_each_office(async |office: Office| {
        let app = &office.app;
        let (user, secret, _) = rosa_with_app(&office).await;
        let code = secret.code_at(app.clock.now());
        let tool = some_tool();
        check(app, &user, presented(&code, tool)).await.unwrap();
        check(app, &user, presented(&code, tool)).await.unwrap();
        for other in [some_tool(), Via::Password] {
            let again = check(app, &user, presented(&code, other)).await;
            assert!(matches!(again, Err(SecondFactorError::Wrong)));
        }
        office.clock.advance(60);
        let late = check(app, &user, presented(&code, tool)).await;
        assert!(matches!(late, Err(SecondFactorError::Wrong)));
    })
    .await;
}

#[tokio::test]
async fn of_two_at_once_one_gets_in() {
    in_each_office(async |office: Office| {
        let app = &office.app;
        let (user, secret, codes) = rosa_with_app(&office).await;
        for code in [&secret.code_at(app.clock.now()), codes[0].reveal()] {
            let (one, two) = tokio::join!(
                check(app, &user, presented(code, some_tool())),
                check(app, &user, presented(code, some_tool()))
            );
            assert_eq!([one, two].iter().filter(|it| it.is_ok()).count(), 1);
        }
    })
    .await;
}

#[tokio::test]
async fn recovery_codes_work_once_each() {
    in_each_office(async |office: Office| {
        let app = &office.app;
        let (user, _, codes) = rosa_with_app(&office).await;
        let typed = codes[3].reveal().to_uppercase();
        let tool = some_tool();
        check(app, &user, presented(&typed, tool)).await.unwrap();
        check(app, &user, presented(&typed, tool)).await.unwrap();
        let other = check(app, &user, presented(&typed, some_tool())).await;
        assert!(matches!(other, Err(SecondFactorError::Wrong)));
        assert_eq!(count_recovery_codes(app, user.id).await.unwrap(), 9);
        let new = renew_recovery_codes(app, user.id, &Actor::Cli)
            .await
            .unwrap();
        let old = check(app, &user, presented(codes[4].reveal(), tool)).await;
        assert!(matches!(old, Err(SecondFactorError::Wrong)));
        check(app, &user, presented(new[0].reveal(), tool))
            .await
            .unwrap();
        let audit = office.audit().await;
        let uses = audit.iter().filter(|it| *it == "user.use_recovery_code");
        assert_eq!(uses.count(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_login_is_half_until_the_code() {
    in_each_office(async |office: Office| {
        let app = &office.app;
        let (user, secret, _) = rosa_with_app(&office).await;
        let half = async || match with_password(app, "rosa", &password(), &home()).await {
            Ok(LoggedIn::Half(half)) => half,
            other => panic!("{other:?}"),
        };
        let first = half().await;
        assert!(
            sessions::caller(app, &first.token, home())
                .await
                .unwrap()
                .is_none()
        );
        let wrong = with_code(app, &first.token, "000000", &home()).await;
        assert!(matches!(wrong, Err(LoginError::WrongCode)));
        let code = secret.code_at(app.clock.now());
        let whole = with_code(app, &first.token, &code, &home()).await.unwrap();
        assert_ne!(whole.token, first.token);
        assert!(
            sessions::caller(app, &whole.token, home())
                .await
                .unwrap()
                .is_some()
        );
        let again = with_code(app, &first.token, &code, &home()).await;
        assert!(matches!(again, Err(LoginError::TooLate)));
        let second = half().await;
        let replayed = with_code(app, &second.token, &code, &home()).await;
        assert!(matches!(replayed, Err(LoginError::WrongCode)));
        office.clock.advance(600);
        let code = secret.code_at(app.clock.now());
        let late = with_code(app, &second.token, &code, &home()).await;
        assert!(matches!(late, Err(LoginError::TooLate)));
        let nobody = SessionToken::from_text("");
        let nobody = with_code(app, &nobody, &code, &home()).await;
        assert!(matches!(nobody, Err(LoginError::TooLate)));
        assert_eq!(sessions::list(app, user.id).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn it_can_be_taken_away() {
    in_each_office(async |office: Office| {
        let app = &office.app;
        let (user, ..) = rosa_with_app(&office).await;
        remove(app, user.id, &Actor::Cli).await.unwrap();
        let again = remove(app, user.id, &Actor::Cli).await;
        assert!(matches!(again, Err(SecondFactorError::NotEnabled)));
        assert_eq!(count_recovery_codes(app, user.id).await.unwrap(), 0);
        let login = with_password(app, "rosa", &password(), &home()).await;
        assert!(matches!(login, Ok(LoggedIn::Whole(_))));
    })
    .await;
}
