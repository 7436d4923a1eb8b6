// What this generator's clients do with secrets, the body of a GET and undeclared fields; scripts/languages.py reads the output.
package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"log"
	"os"

	"example/decentro"
	"example/setu"
	"example/su"
)

func main() {
	switch os.Args[1] {
	case "secret":
		fmt.Printf("%+v\n", setu.TokenRequest{
			ClientID: os.Getenv("SETU_SANDBOX_CLIENT_ID"), Secret: os.Getenv("SETU_SANDBOX_SECRET"),
		})
	case "get":
		client, _ := decentro.NewClientWithResponses(os.Getenv("DECENTRO_SANDBOX_BASE_URL"))
		id, secret := os.Getenv("DECENTRO_SANDBOX_CLIENT_ID"), os.Getenv("DECENTRO_SANDBOX_CLIENT_SECRET")
		request := decentro.TokenRequest{GrantType: decentro.ClientCredentials, ClientId: &id, ClientSecret: &secret}
		if _, err := client.GenerateTokenWithResponse(context.Background(), request); err != nil {
			log.Fatal(err)
		}
	default:
		client, _ := su.NewClientWithResponses(os.Getenv("SU_SANDBOX_BASE_URL"))
		domain, _ := base64.StdEncoding.DecodeString(os.Getenv("SU_SANDBOX_CLIENT_ID_BASE64"))
		response, err := client.GenerateAccessTokenWithResponse(context.Background(), &su.GenerateAccessTokenParams{
			ClientId: domain, ClientSecret: os.Getenv("SU_SANDBOX_CLIENT_SECRET"),
		})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%+v\n", *response.JSON200)
	}
}
