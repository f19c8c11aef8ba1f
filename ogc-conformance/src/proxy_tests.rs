use super::*;

/// A folder with an overlay, schemas, and a secret outside of both.
fn mirror(folder: &Path) -> Mirror {
    let write = |path: &str, text: &str| {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().expect("parent")).expect("folder");
        std::fs::write(path, text).expect("written");
    };
    write("secret.xml", "<secret/>");
    write("overlay/java.sun.com/dtd/properties.dtd", "<!ELEMENT a ANY>");
    write("overlay/schemas.opengis.net/wms/own.xsd", "<own/>");
    write("ogc/wms/1.3.0/capabilities_1_3_0.xsd", "<schema/>");
    write("ogc/wms/own.xsd", "<theirs/>");
    write("ogc/iso/19139/20070417/gmd/gmd.xsd", "<gmd/>");
    write("ogc/odd name.xsd", "<odd/>");
    std::os::unix::fs::symlink(folder.join("secret.xml"), folder.join("ogc/link.xml")).expect("link");
    Mirror { overlay: folder.join("overlay"), schemas: folder.join("ogc") }
}

/// What the proxy answers to these bytes.
fn ask(proxy: &Proxy, request: &str) -> String {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, proxy.port())).expect("connected");
    stream.write_all(request.as_bytes()).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answered");
    answer
}

fn get(proxy: &Proxy, address: &str) -> String {
    ask(proxy, &format!("GET {address} HTTP/1.1\r\nHost: x\r\n\r\n"))
}

#[test]
fn what_is_in_the_mirror_is_served_and_the_overlay_wins() {
    let folder = tempfile::tempdir().expect("folder");
    let proxy = Proxy::start(mirror(folder.path())).expect("started");
    for (address, body) in [
        ("http://schemas.opengis.net/wms/1.3.0/capabilities_1_3_0.xsd", "<schema/>"),
        ("http://schemas.opengis.net:80/wms/1.3.0/capabilities_1_3_0.xsd?a=b", "<schema/>"),
        ("http://schemas.opengis.net/wms/own.xsd", "<own/>"),
        ("http://schemas.opengis.net/odd%20name.xsd", "<odd/>"),
        ("http://www.isotc211.org/2005/gmd/gmd.xsd", "<gmd/>"),
        ("http://java.sun.com/dtd/properties.dtd", "<!ELEMENT a ANY>"),
    ] {
        let answer = get(&proxy, address);
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with(body), "{address}: {answer}");
    }
    let asked = proxy.take();
    assert_eq!(asked.len(), 6);
    assert!(asked.iter().all(|r| r.served));
    assert_eq!(asked[0].line, "GET http://schemas.opengis.net/wms/1.3.0/capabilities_1_3_0.xsd");
    assert!(proxy.take().is_empty(), "what was taken is told once");
}

#[test]
fn what_is_not_there_is_a_miss() {
    let folder = tempfile::tempdir().expect("folder");
    let proxy = Proxy::start(mirror(folder.path())).expect("started");
    for address in [
        "http://schemas.opengis.net/wms/9.9/none.xsd",
        "http://schemas.opengis.net/wms/1.3.0",
        "http://schemas.opengis.net",
        "http://www.example.org/wms/1.3.0/capabilities_1_3_0.xsd",
        "http://www.isotc211.org/gmd/gmd.xsd",
        "https://schemas.opengis.net/wms/own.xsd",
        "/wms/own.xsd",
        "",
    ] {
        assert!(get(&proxy, address).starts_with("HTTP/1.1 404 "), "{address}");
    }
    let asked = proxy.take();
    assert_eq!(asked.len(), 8);
    assert!(asked.iter().all(|r| !r.served));
}

#[test]
fn nothing_outside_of_the_mirror_is_served() {
    let folder = tempfile::tempdir().expect("folder");
    let proxy = Proxy::start(mirror(folder.path())).expect("started");
    for address in [
        "http://schemas.opengis.net/../secret.xml",
        "http://schemas.opengis.net/wms/../../secret.xml",
        "http://schemas.opengis.net/%2e%2e/secret.xml",
        "http://schemas.opengis.net/..%2fsecret.xml",
        "http://schemas.opengis.net/wms%2f..%2f..%2fsecret.xml",
        "http://schemas.opengis.net/wms/..%5c..%5csecret.xml",
        "http://schemas.opengis.net//etc/passwd",
        "http://schemas.opengis.net/link.xml",
        "http://www.isotc211.org/2005/../../../../secret.xml",
        "http://../secret.xml",
        "http://./../secret.xml",
        "http://%2e%2e/secret.xml",
        "http://user@schemas.opengis.net/wms/own.xsd",
        "http://schemas.opengis.net/secret.xml%00.xsd",
        "http://schemas.opengis.net/%zz",
        "http://schemas.opengis.net/%f",
        "http://schemas.opengis.net/%ff%fe",
        "file:///etc/passwd",
    ] {
        let answer = get(&proxy, address);
        assert!(answer.starts_with("HTTP/1.1 404 ") && !answer.contains("secret"), "{address}: {answer}");
    }
    assert!(proxy.take().iter().all(|r| !r.served));
}

#[test]
fn other_methods_are_refused_and_count_as_misses() {
    let folder = tempfile::tempdir().expect("folder");
    let proxy = Proxy::start(mirror(folder.path())).expect("started");
    let answer = ask(&proxy, "CONNECT schemas.opengis.net:443 HTTP/1.1\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 502 "), "{answer}");
    for method in ["POST", "HEAD", "PUT", "get"] {
        let answer =
            ask(&proxy, &format!("{method} http://schemas.opengis.net/wms/own.xsd HTTP/1.1\r\n\r\n"));
        assert!(answer.starts_with("HTTP/1.1 405 ") && !answer.contains("<own/>"), "{answer}");
    }
    let asked = proxy.take();
    assert_eq!(asked.len(), 5);
    assert!(asked.iter().all(|r| !r.served));
    assert_eq!(asked[0].line, "CONNECT schemas.opengis.net:443");
}

#[test]
fn an_endless_head_ends_the_connection_and_not_the_proxy() {
    let folder = tempfile::tempdir().expect("folder");
    let proxy = Proxy::start(mirror(folder.path())).expect("started");
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, proxy.port())).expect("connected");
    let _ = stream.write_all("GET http://a/b HTTP/1.1\r\nX: ".as_bytes());
    let _ = stream.write_all(&vec![b'x'; 4 * HEAD]);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert!(answer.is_empty());
    assert!(get(&proxy, "http://schemas.opengis.net/wms/own.xsd").ends_with("<own/>"));
}

#[test]
fn it_listens_on_the_loopback_interface_only_and_ends_with_its_owner() {
    let folder = tempfile::tempdir().expect("folder");
    let proxy = Proxy::start(mirror(folder.path())).expect("started");
    let port = proxy.port();
    let listens = |file: &str| std::fs::read_to_string(file).unwrap_or_default();
    let port_hex = format!(":{port:04X} ");
    let sockets = [listens("/proc/net/tcp"), listens("/proc/net/tcp6")].concat();
    let ours: Vec<_> = sockets
        .lines()
        .filter(|l| {
            l.contains(" 0A ")
                && l.split_whitespace().nth(1).is_some_and(|a| format!("{a} ").ends_with(&port_hex))
        })
        .collect();
    assert!(
        !sockets.is_empty() && !ours.is_empty() && ours.iter().all(|l| l.contains(" 0100007F:")),
        "{ours:?}"
    );
    drop(proxy);
    assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err());
}
