//! The gateway's event: whatever it holds, it is a request or an error, and every part can be asked for.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shared::gateway::Request;

fuzz_target!(|data: &[u8]| {
    let Ok(request) = serde_json::from_slice::<Request>(data) else { return };
    let (method, path, query) = (request.method(), request.path(), request.query());
    let texts = [Some(method), Some(path), Some(query), request.source_ip(), request.request_id()];
    assert!(texts.iter().flatten().all(|text| text.len() <= data.len()));
    assert!(request.body().is_ok_and(|body| body.len() <= data.len()) || request.body().is_err());
    for (name, _) in request.headers().iter() {
        assert!(request.headers().get(name).is_some());
    }
    ops_api::fuzzing::request(&request);
});
