// Needs ./setu, made by: openapi-generator-cli generate --skip-validate-spec -g rust -i setu.yaml -o setu -p packageName=setu,packageVersion=0.0.0
use setu::apis::{configuration::Configuration, token_api, Error};
use setu::models::{ErrorResponse, TokenRequest};
use std::{env, process};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let base_url = env::var("SETU_SANDBOX_BASE_URL")?;
    let configuration = Configuration { base_path: base_url.clone(), ..Configuration::new() };
    let request = TokenRequest::new(env::var("SETU_SANDBOX_CLIENT_ID")?, env::var("SETU_SANDBOX_SECRET")?);
    let response = match token_api::generate_token(&configuration, request).await {
        Ok(response) => response,
        Err(Error::ResponseError(response)) => {
            let rejection: ErrorResponse = serde_json::from_str(&response.content)?;
            eprintln!("setu: no token, code {}", rejection.error.code.unwrap_or_default());
            process::exit(1);
        }
        Err(error) => return Err(error.into()),
    };
    let lifetime = response.data.expires_in.filter(|&seconds| seconds > 0).unwrap_or(1800);

    // The emulator's echo API stands for the API that you want to use.
    let api_response = configuration.client.get(format!("{base_url}/echo")).bearer_auth(&response.data.token).send().await?;
    println!("setu: a token for {lifetime} s, the API responded with {}", api_response.status().as_u16());
    Ok(())
}
