//! A server whose certificate nobody but the test has heard of.

use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::*;

const AUTHORITY: &str = include_str!("tls/ca.pem");

/// Says hello to everybody who trusts its certificate, and counts them.
async fn server() -> (u16, mpsc::UnboundedReceiver<String>) {
    let certificate = CertificateDer::from_pem_slice(include_bytes!("tls/server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("tls/server_key.pem")).unwrap();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key);
    let acceptor = TlsAcceptor::from(Arc::new(config.unwrap()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (heads, asked) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            let _ = heads.send(String::from_utf8(head).unwrap());
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello";
            stream.write_all(answer).await.unwrap();
            stream.shutdown().await.unwrap();
        }
    });
    (port, asked)
}

fn trusting(certificates: &str) -> Transport {
    let options = Options {
        ca_certificates: vec![certificates.to_owned()],
        ..quick()
    };
    Transport::with_options("skep/test", options).unwrap()
}

#[tokio::test]
async fn an_authority_of_ones_own_is_trusted() {
    let (port, mut asked) = server().await;
    for host in ["127.0.0.1", "localhost"] {
        let request = get(&format!("https://{host}:{port}/names"));
        let answer = trusting(AUTHORITY).send(request).await.unwrap();
        assert_eq!(answer.body(), "hello");
        let head = asked.recv().await.unwrap();
        assert!(head.contains("authorization: secret-key"), "{head}");
    }
}

#[tokio::test]
async fn what_nobody_vouches_for_gets_no_key() {
    let (port, mut asked) = server().await;
    let url = format!("https://127.0.0.1:{port}");
    let error = transport().send(get(&url)).await.unwrap_err();
    assert!(matches!(error, SendError::Connect { .. }), "{error:?}");
    assert!(error.to_string().contains(&url), "{error}");
    assert!(asked.try_recv().is_err(), "no request was sent");
}

#[tokio::test]
async fn a_certificate_is_for_its_names_only() {
    let (port, mut asked) = server().await;
    let other_name = format!("https://127.0.0.2:{port}");
    let listener = TcpListener::bind(("127.0.0.2", port)).await;
    // The same server at an address that its certificate does not name.
    if let Ok(listener) = listener {
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let mut far = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
            }
        });
        let error = trusting(AUTHORITY)
            .send(get(&other_name))
            .await
            .unwrap_err();
        assert!(matches!(error, SendError::Connect { .. }), "{error:?}");
        assert!(asked.try_recv().is_err(), "no request was sent");
    }
}
