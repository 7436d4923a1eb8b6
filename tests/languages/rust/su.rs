// Needs ./su, made by: openapi-generator-cli generate --skip-validate-spec -g rust -i su.yaml -o su -p packageName=su,packageVersion=0.0.0
use base64::{prelude::BASE64_STANDARD, Engine};
use serde_json::Value;
use std::{env, process};
use su::{apis::configuration::Configuration, models::TokenData};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let base_url = env::var("SU_SANDBOX_BASE_URL")?;
    let client = Configuration::new().client;

    // Su spells `data` in two ways, and the typed response has one of them, so read the raw response.
    let request = client
        .get(format!("{base_url}/SUAPI/jservice/auth/generate-access-token"))
        .header("client-id", BASE64_STANDARD.encode(env::var("SU_SANDBOX_CLIENT_ID")?))
        .header("client-secret", env::var("SU_SANDBOX_CLIENT_SECRET")?);
    let response: Value = request.send().await?.json().await?;
    let Some(data) = response.get("data").or(response.get("Data")) else {
        let error = response["Errors"].get(0).unwrap_or(&response["Errors"]); // a list, or a single error
        eprintln!("su: no token, code {}", error["Code"].as_str().unwrap_or_default());
        process::exit(1);
    };
    let data: TokenData = serde_json::from_value(data.clone())?;
    let seconds = data.expire_in.and_then(|seconds| seconds.parse().ok());
    let lifetime: u32 = seconds.filter(|&seconds| seconds > 0).unwrap_or(3600);

    // The emulator's echo API stands for the API that you want to use.
    let token = data.token.ok_or("su: no token in the response")?;
    let api_response = client.get(format!("{base_url}/echo")).bearer_auth(token).send().await?;
    println!("su: a token for {lifetime} s, the API responded with {}", api_response.status().as_u16());
    Ok(())
}
