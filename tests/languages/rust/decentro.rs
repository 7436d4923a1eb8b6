// Needs ./decentro, made by: openapi-generator-cli generate --skip-validate-spec -g rust -i decentro.yaml -o decentro -p packageName=decentro,packageVersion=0.0.0
use decentro::apis::{configuration::Configuration, token_api, Error};
use decentro::models::{token_request::GrantType, ErrorResponse, TokenRequest};
use std::{env, process};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let base_url = env::var("DECENTRO_SANDBOX_BASE_URL")?;
    let configuration = Configuration { base_path: base_url.clone(), ..Configuration::new() };
    let request = TokenRequest {
        client_id: Some(env::var("DECENTRO_SANDBOX_CLIENT_ID")?),
        client_secret: Some(env::var("DECENTRO_SANDBOX_CLIENT_SECRET")?),
        ..TokenRequest::new(GrantType::ClientCredentials)
    };
    let response = match token_api::generate_token(&configuration, request).await {
        Ok(response) => response,
        Err(Error::ResponseError(response)) => {
            let rejection: ErrorResponse = serde_json::from_str(&response.content)?;
            eprintln!("decentro: no token, code {}", rejection.response_key.unwrap_or_default());
            process::exit(1);
        }
        Err(error) => return Err(error.into()),
    };
    let lifetime = response.expires_in.filter(|&seconds| seconds > 0).unwrap_or(900);

    // The emulator's echo API stands for the API that you want to use.
    let api_response = configuration.client.get(format!("{base_url}/echo")).bearer_auth(&response.access_token).send().await?;
    println!("decentro: a token for {lifetime} s, the API responded with {}", api_response.status().as_u16());
    Ok(())
}
