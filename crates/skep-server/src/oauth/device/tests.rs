use super::*;
use crate::clock::{Clock, TestClock};

const START: Timestamp = Timestamp::from_seconds(1_795_348_800);

fn clock() -> Clock {
    TestClock::at(START).clock()
}

fn device() -> Device {
    let clock = clock();
    Device {
        id: DeviceId::new(&clock),
        hash: KeyHash::of("device code"),
        user_code: UserCode::generate(&clock),
        client: "client".to_owned(),
        name: "laptop".to_owned(),
        scope: Permissions::api(),
        address: "192.0.2.1".to_owned(),
        created_at: START,
        expires_at: START.plus_seconds(LIFETIME_SECONDS),
        pace: Pace::default(),
        state: DeviceState::Pending,
    }
}

fn user() -> UserId {
    UserId::new(&clock())
}

#[test]
fn the_first_poll_is_never_too_early_and_the_next_waits_for_the_interval() {
    let mut device = device();
    let mut poll = |seconds| device.poll(START.plus_seconds(seconds)).unwrap_err();
    assert_eq!(poll(0), NotYet::Pending);
    assert_eq!(poll(5), NotYet::Pending);
    assert_eq!(poll(9), NotYet::SlowDown, "the interval is 10 from now on");
    assert_eq!(poll(18), NotYet::SlowDown, "15");
    assert_eq!(poll(33), NotYet::Pending);
}

#[test]
fn the_interval_grows_to_a_minute_and_no_further() {
    let mut device = device();
    for _ in 0..100 {
        let _ = device.poll(START);
    }
    assert_eq!(device.pace.interval_seconds, 60);
}

#[test]
fn a_login_expires_on_the_second() {
    let mut device = device();
    let end = START.plus_seconds(LIFETIME_SECONDS);
    assert_eq!(device.poll(end.plus_seconds(-1)), Err(NotYet::Pending));
    assert_eq!(device.poll(end), Err(NotYet::Expired));
    device.state = DeviceState::Pending
        .approve(user(), Permissions::api(), START)
        .unwrap();
    assert_eq!(
        device.poll(end),
        Err(NotYet::Expired),
        "even an allowed one"
    );
}

#[test]
fn an_allowed_login_is_fetched_once_however_early() {
    let (mut device, user) = (device(), user());
    assert_eq!(device.poll(START), Err(NotYet::Pending));
    let approved = device.state.approve(user, Permissions::api(), START);
    device.state = approved.unwrap();
    assert_eq!(device.poll(START), Ok((user, Permissions::api())));
    let grant = TokenGrantId::new(&clock());
    device.state = device.state.exchange(grant).unwrap();
    assert_eq!(device.poll(START), Err(NotYet::Used));
    assert!(device.state.exchange(grant).is_err());
}

#[test]
fn a_decision_stands() {
    let user = user();
    let denied = DeviceState::Pending.deny(user, START).unwrap();
    let approve = |state: DeviceState| state.approve(user, Permissions::api(), START);
    let error = approve(denied.clone()).unwrap_err();
    assert_eq!(error.to_string(), "this login is denied already");
    assert!(
        denied
            .clone()
            .exchange(TokenGrantId::new(&clock()))
            .is_err()
    );
    let approved = approve(DeviceState::Pending).unwrap();
    assert!(approved.clone().deny(user, START).is_err());
    assert!(approve(approved).is_err());
    assert!(
        DeviceState::Pending
            .exchange(TokenGrantId::new(&clock()))
            .is_err()
    );
    let mut device = device();
    device.state = denied;
    assert_eq!(device.poll(START), Err(NotYet::Denied));
}
